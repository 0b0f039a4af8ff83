package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Options say what is wanted.
type Options struct {
	// Name is the plugin's, as the gateway will call it: letters, digits, dot, dash
	// and underscore, at most 64, the first a letter or a digit.
	Name string
	// Commands are those that the plugin handles, at least one, each once, in the
	// order in which they will be bound. More than 30 are bound family by family,
	// each in a file of its own.
	Commands []string
	// Dir is the directory to write to, which must not exist or be empty. Empty
	// means Name in the working directory, or plugins/Name inside the repository.
	Dir string
	// SDK is where the plugin's module gets the SDK from: the folder of a checkout,
	// or a version such as v0.1.0. Empty means Release, else the checkout that this
	// program was built from.
	SDK string
	// Release is the version of this program; one that is no release counts as
	// empty.
	Release string
}

// Plan is what will be written. It holds no mistake that can be seen beforehand.
type Plan struct {
	// Name is the plugin's.
	Name string
	// Dir is the directory to be written, as the user would name it.
	Dir string
	// Module is the path of the plugin's own module; empty inside the repository.
	Module string
	// SDK says where the SDK comes from; the zero Source inside the repository.
	SDK Source

	commands []binding
}

// ModulePath is the module that holds the SDK and this package.
const ModulePath = "github.com/switchhook/switchhook"

var (
	pluginName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	commandName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,127}$`)
)

// NewPlan checks o. The error is a mistake in it, with what to type instead.
func NewPlan(o Options) (*Plan, error) {
	if err := CheckName(o.Name); err != nil {
		return nil, err
	}
	if err := checkCommands(o.Commands); err != nil {
		return nil, err
	}
	p := &Plan{Name: o.Name, Dir: o.Dir, commands: bindingsOf(o.Commands)}
	if err := p.place(o); err != nil {
		return nil, err
	}
	return p, checkFree(p.Dir)
}

// CheckName says why a plugin cannot be called name, which becomes a file and a
// metric label.
func CheckName(name string) error {
	if !pluginName.MatchString(name) {
		return fmt.Errorf("plugin name %q: use letters, digits, dot, dash and underscore, at most 64, the first a letter or a digit", name)
	}
	return nil
}

func checkCommands(commands []string) error {
	if len(commands) == 0 {
		return errors.New("a plugin handles at least one command: give --command Sns.CallbackFriendAdd, for example")
	}
	seen := make(map[string]bool, len(commands))
	for _, command := range commands {
		if !commandName.MatchString(command) {
			return fmt.Errorf("%q is not the name of one command, such as Sns.CallbackFriendAdd", command)
		}
		if seen[command] {
			return fmt.Errorf("command %s is given twice", command)
		}
		seen[command] = true
	}
	return nil
}

// place finds out where the plugin goes, and where its SDK comes from.
func (p *Plan) place(o Options) error {
	start := o.Dir
	if start == "" {
		start = "."
	}
	root, inside, err := repository(start)
	if err != nil {
		return err
	}
	if inside {
		return p.placeInside(root, o)
	}
	if p.Dir == "" {
		p.Dir = p.Name
	}
	p.Module = modulePath(p.Name)
	p.SDK, err = findSource(o.SDK, o.Release)
	return err
}

// reserved are names that the go command refuses in a module's path.
var reserved = regexp.MustCompile(`^(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)|\.$`)

// modulePath is a path that is nobody's, for the author to change.
func modulePath(name string) string {
	if reserved.MatchString(name) {
		return "example.com/plugin-" + strings.TrimRight(name, ".")
	}
	return "example.com/" + name
}

// placeInside makes the plugin plugins/<name> of the repository at root.
func (p *Plan) placeInside(root string, o Options) error {
	usual := filepath.Join(root, "plugins", p.Name)
	switch {
	case o.SDK != "":
		return errors.New("inside the repository of Switchhook a plugin uses the SDK beside it: leave out --sdk, or choose a --dir outside")
	case o.Dir == "":
		p.Dir = shortest(usual)
		return nil
	}
	if dir, err := filepath.Abs(o.Dir); err != nil || dir != usual {
		return fmt.Errorf("inside the repository of Switchhook plugin %s belongs in %s: leave out --dir, or choose one outside", p.Name, shortest(usual))
	}
	return nil
}

// checkFree says what keeps dir from being written.
func checkFree(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s exists and is no directory: choose another with --dir", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look at the directory: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty, and nothing in it is overwritten: choose another with --dir", dir)
	}
	return nil
}

// shortest returns path as a user in the working directory would type it.
func shortest(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(wd, path)
	if err != nil || len(relative) >= len(path) {
		return path
	}
	return relative
}
