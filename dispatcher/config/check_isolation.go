package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Less than this, and no plugin comes up.
const (
	memoryLeast = 64 << 20
	filesLeast  = 32
)

var (
	// userName is a name (POSIX.1, 3.426, as useradd takes them), an id, or both ids.
	userName = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9]{1,9}(:[0-9]{1,9})?)$`)
	// secretive is part of the names under which secrets go.
	secretive = regexp.MustCompile(`(?i)(TOKEN|PASSWORD|PASSWD|SECRET|API_?KEY|PRIVATE_?KEY|CREDENTIAL)`)
)

// checkEnv looks at the variables that a plugin gets.
func (c *checker) checkEnv(env map[string]string, key string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		switch at := join(key, name); {
		case !variable.MatchString(name):
			c.wrong(at, "wants the name of a variable: letters, digits and underscores, not beginning with a digit")
		case strings.HasPrefix(name, "PLUGIN_"), name == "SWITCHHOOK_PLUGIN", name == "SWITCHHOOK_ATTACH":
			c.wrong(at, "is a variable by which gateway and plugin find each other: take another name")
		case name == "SWITCHHOOK_LOG_LEVEL":
			c.wrong(at, "is what log_level of the plugin sets: state that instead")
		case secretive.MatchString(name):
			c.suspect(at, "looks like a secret, which other programs of the plugin's user can read there: put it into the plugin's config, where ${NAME} and ${file:/path} are expanded")
		}
	}
}

// checkIsolation looks at what a plugin's processes may not do. Whether there is
// such a user, and such a kernel, is for the machine that runs them to say.
func (c *checker) checkIsolation(i Isolation, key string) {
	if i.User != "" && !userName.MatchString(i.User) {
		c.wrong(key+".user", `wants a user's name, or its id as "1000" or "1000:1000", not %q`, shorten(i.User))
	}
	if i.Memory != 0 && i.Memory < memoryLeast {
		c.wrong(key+".memory", "wants %s or more, or 0 for no bound: no plugin comes up with less", Size(memoryLeast))
	}
	if i.Files < filesLeast {
		c.wrong(key+".files", "wants %d or more: no plugin comes up with less", filesLeast)
	}
	if i.CPU != 0 && i.CPU < time.Second {
		c.wrong(key+".cpu", "wants 1s or more, or 0 for no bound: it is the processor time of a process in all its life")
	}
	if i.Core > 0 {
		c.suspect(key+".core", "lets a crash write callbacks to the disk: take it away when the crash is found")
	}
	if i.Landlock == nil {
		return
	}
	if !i.NoNewPrivs {
		c.wrong(key+".no_new_privs", "contradicts landlock, which takes new privileges away: take one of the two away")
	}
	c.checkLeft(i.Landlock.Read, key+".landlock.read")
	c.checkLeft(i.Landlock.Write, key+".landlock.write")
}

// checkLeft looks at paths that are left to a plugin.
func (c *checker) checkLeft(paths []string, key string) {
	for i, path := range paths {
		switch at := key + "[" + strconv.Itoa(i) + "]"; path {
		case "":
			c.wrong(at, "is empty")
		case "/":
			c.suspect(at, "leaves all of the machine's files to the plugin")
		}
	}
}
