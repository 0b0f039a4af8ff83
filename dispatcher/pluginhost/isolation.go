package pluginhost

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// Isolation is what keeps a plugin's process from what it does not need. The zero
// value is what every plugin gets: its own process group, no core files, at most
// 65536 open files, its own environment and no new privileges.
type Isolation struct {
	// User is whom the plugin runs as: a name, a user id, or "uid:gid". Empty means
	// the gateway's user. Another user needs a gateway that is root, or may act for
	// others.
	User string
	// Memory bounds the private memory of each process, in bytes; zero means no bound.
	Memory int64
	// Files bounds the open files; zero means 65536.
	Files int
	// CPU bounds the processor time over the whole life of a process; zero means no
	// bound.
	CPU time.Duration
	// Core bounds core files, which hold callbacks, in bytes; zero means none.
	Core int64
	// NewPrivileges lets the plugin run programs that give more rights than it has:
	// setuid ones, and those with file capabilities.
	NewPrivileges bool
	// Landlock shuts the plugin out of files and of the network; nil means that it is
	// not.
	Landlock *Landlock
}

// Landlock is what is left of the machine for a plugin that Linux's Landlock shuts
// out of the rest. Its program, its data directory, its socket directory and
// /dev/null are always left.
type Landlock struct {
	// Read are files and directories that it may read and run; Write are those that it
	// may change as well.
	Read  []string `json:"read"`
	Write []string `json:"write"`
	// Network leaves it TCP, and whatever else of the network the kernel's Landlock
	// knows.
	Network bool `json:"network"`
	// BestEffort takes what the kernel has, which may be nothing. Otherwise a kernel
	// without what is asked for refuses the start.
	BestEffort bool `json:"best_effort"`
}

const (
	// defaultFiles caps the descriptors of a plugin: one socket, its database and
	// plenty of upstream connections.
	defaultFiles = 65536
	// leastMemory and leastFiles are less than any plugin comes up with.
	leastMemory = 64 << 20
	leastFiles  = 32
)

// check returns an error that names the field which makes no sense.
func (i Isolation) check() error {
	switch {
	case i.User != "" && !userForm().MatchString(i.User):
		return fmt.Errorf("isolation.user %q is neither a user's name, nor a user id, nor uid:gid", i.User)
	case tooLittle(i.Memory, leastMemory):
		return fmt.Errorf("isolation.memory is %d bytes, and no plugin comes up with less than %d", i.Memory, leastMemory)
	case tooLittle(i.Files, leastFiles):
		return fmt.Errorf("isolation.files is %d, and no plugin comes up with less than %d", i.Files, leastFiles)
	case tooLittle(i.CPU, time.Second):
		return errors.New("isolation.cpu is less than a second")
	case i.Core < 0:
		return errors.New("isolation.core is negative")
	case i.Landlock != nil && i.NewPrivileges:
		return errors.New("isolation.landlock takes new privileges away: set no_new_privs: true with it")
	}
	return nil
}

// absolute returns l with its paths absolute.
func (l *Landlock) absolute() (*Landlock, error) {
	if l == nil {
		return nil, nil //nolint:nilnil // No Landlock stays none.
	}
	all := *l
	var err error
	if all.Read, err = absolutes(l.Read); err == nil {
		all.Write, err = absolutes(l.Write)
	}
	return &all, err
}

// confined takes over what c says of environment and isolation.
func (p *plan) confined(c PluginConfig) (err error) {
	if p.env, err = environment(c.Env); err != nil {
		return err
	}
	p.isolation = c.Isolation
	if err := errors.Join(p.isolation.check(), unsupported(p.isolation)); err != nil {
		return err
	}
	p.isolation.Landlock, err = c.Isolation.Landlock.absolute()
	return err
}

// tooLittle is true for a bound that is stated and less than least.
func tooLittle[N int | int64 | time.Duration](bound, least N) bool {
	return bound != 0 && bound < least
}

func absolutes(paths []string) ([]string, error) {
	all := make([]string, 0, len(paths))
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("resolve %s: %w", p, err)
		}
		all = append(all, abs)
	}
	return all, nil
}

func userForm() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9]{1,9}(:[0-9]{1,9})?)$`)
}

// environment returns env as KEY=VALUE in the order of the keys, or what must not
// stand in a plugin's environment.
func environment(env map[string]string) ([]string, error) {
	form := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	all := make([]string, 0, len(env))
	for _, key := range slices.Sorted(maps.Keys(env)) {
		switch {
		case !form.MatchString(key):
			return nil, fmt.Errorf("env: %q is no name of a variable", key)
		case key == wire.CookieKey, key == wire.AttachKey, strings.HasPrefix(key, "PLUGIN_"):
			return nil, fmt.Errorf("env: %s is the gateway's own", key)
		case strings.ContainsRune(env[key], 0):
			return nil, fmt.Errorf("env: %s has a byte in it that ends a text", key)
		}
		all = append(all, key+"="+env[key])
	}
	return all, nil
}
