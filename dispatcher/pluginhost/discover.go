package pluginhost

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// plan is one plugin as it is to be run.
type plan struct {
	name        string
	path        string
	pin         string // lower-case hexadecimal, or empty
	mtls        MTLS
	config      json.RawMessage
	secrets     []string // texts in config that came from elsewhere
	disabled    bool
	switchedOff bool   // the configuration says so
	braked      bool   // disabled by an operator, not by the configuration
	logLevel    string // slog's name; empty for the log's own
	// env is what is added to the environment; isolation is what the process may not do.
	env       []string
	isolation Isolation

	allowLocal bool   // state on this machine, whatever the host says of that
	noLocal    string // why state on this machine is not wanted; empty where it is

	debug    bool              // no probes, no deadlines
	reattach string            // the reattach file of a process that somebody else starts
	inPlace  bool              // no copy: it needs what lies beside it
	files    map[string]string // for inPlace: the hash that each file beside it must have
	// configured is what the configuration says of path, where a reload said
	// otherwise; see divert.
	configured  string
	replicas    int
	onError     OnError
	restarts    int // that window allows
	window      time.Duration
	maxInFlight int // of one command, over all replicas
	maxWait     time.Duration
	found       bool // by looking into the directory, not named by the configuration
	// orphaned says why there is no program to run; the plugin is kept for what
	// it claimed.
	orphaned error
}

// same reports whether q asks for the same processes as p. The program's content is
// not looked at, nor is who named the plugin.
func (p plan) same(q plan) bool {
	return (p.orphaned == nil) == (q.orphaned == nil) && bytes.Equal(p.config, q.config) && reflect.DeepEqual(p.bare(), q.bare())
}

// bare is p without what same compares in its own way, or not at all.
func (p plan) bare() plan {
	p.orphaned, p.config, p.secrets, p.found, p.braked, p.configured = nil, nil, nil, false, false, ""
	return p
}

// runs reports whether there is to be a process.
func (p plan) runs() bool { return !p.disabled && p.orphaned == nil }

// discovery is what a look at the configuration and the directory came to.
type discovery struct {
	plans []plan
	// ignored names the executable files that cannot be plugins, and why.
	ignored []error
	// missing is true when the directory does not exist.
	missing bool
}

// discover returns the plugins that configs name and those that lie in dir. A
// file that a configured plugin runs is not a second plugin.
func discover(dir string, configs []PluginConfig) (discovery, error) {
	var d discovery
	taken := make(map[string]bool, len(configs))
	var problems []error
	for _, c := range configs {
		p, err := planOf(dir, c)
		if err == nil && taken[p.name] {
			err = fmt.Errorf("plugin %s is named twice", p.name)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		taken[p.name] = true
		d.plans = append(d.plans, p)
	}
	if err := errors.Join(problems...); err != nil {
		return d, err
	}
	return d, d.search(dir, taken)
}

// planOf checks one configured plugin.
func planOf(dir string, c PluginConfig) (plan, error) {
	p := plan{
		name: c.Name, path: c.Path, mtls: cmp.Or(c.MTLS, MTLSAuto), config: c.Config, secrets: c.Secrets,
		disabled: c.Disabled, switchedOff: c.Disabled, debug: c.Debug, reattach: c.Reattach, inPlace: c.InPlace,
		logLevel: c.LogLevel, allowLocal: c.AllowLocalState,
	}
	p.crowd(c)
	if !validName(c.Name) {
		return p, fmt.Errorf("plugin name %q: use letters, digits, dot, dash and underscore, at most 64, "+
			"the first a letter or a digit", c.Name)
	}
	for _, step := range []func() error{
		func() (err error) { p.pin, err = parsePin(c.SHA256); return err },
		func() (err error) { p.files, err = parseFiles(c); return err },
		p.checkCrowd,
		p.checkMTLS,
		func() error { _, err := p.leastLevel(slog.LevelInfo); return err },
		func() error { return p.confined(c) },
		func() error { return p.locate(dir) },
	} {
		if err := step(); err != nil {
			return p, fmt.Errorf("plugin %s: %w", c.Name, err)
		}
	}
	return p, nil
}

func (p *plan) checkMTLS() error {
	if p.mtls != MTLSAuto && p.mtls != MTLSOff {
		return fmt.Errorf("mtls %q is neither auto nor off", p.mtls)
	}
	return nil
}

// locate finds the program, or the file that tells of a process to attach to.
func (p *plan) locate(dir string) (err error) {
	switch {
	case p.reattach != "":
		p.debug, p.pin = true, ""
		p.path, err = filepath.Abs(p.reattach)
		p.reattach = p.path
	case p.path == "" && dir == "":
		err = errors.New("no path is given and no directory to look in")
	case p.path == "":
		p.path, err = filepath.Abs(filepath.Join(dir, p.name))
	default:
		p.path, err = filepath.Abs(p.path)
	}
	return err //nolint:wrapcheck // The working directory is gone; planOf says whose.
}

// search adds the executables of dir that no plan runs yet. Hidden files are
// left alone: editors and copies in progress make them.
func (d *discovery) search(dir string, taken map[string]bool) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		d.missing = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the plugin directory: %w", err)
	}
	configured := d.plans
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil, !executable(info), strings.HasPrefix(e.Name(), "."), runBy(configured, info):
		case !validName(e.Name()):
			d.ignored = append(d.ignored, fmt.Errorf("%s: its name cannot be a plugin's: use letters, digits, dot, dash "+
				"and underscore, or name it under plugins in the configuration", path))
		case taken[e.Name()]:
			d.ignored = append(d.ignored, fmt.Errorf("%s: plugin %s runs another program", path, e.Name()))
		default:
			p, err := planOf(dir, PluginConfig{Name: e.Name()})
			if err != nil {
				return err
			}
			p.found = true
			d.plans = append(d.plans, p)
		}
	}
	return nil
}

// runBy reports whether one of the plans runs the file of info.
func runBy(plans []plan, info fs.FileInfo) bool {
	for _, p := range plans {
		if own, err := os.Stat(p.path); err == nil && os.SameFile(own, info) {
			return true
		}
	}
	return false
}

// validName reports whether a plugin may be called name, which becomes a
// directory and a metric label.
func validName(name string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`).MatchString(name)
}
