package cli

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// overrides are the flags of serve, which win over the file.
type overrides struct {
	listen, adminListen string
	pluginDir, dataDir  string
	callbackPath        string
	apps, reattach      []string

	changed func(flag string) bool // set by check
	given   []appFlag              // set by check
	waiting []reattachFlag         // set by check
}

// longestToken is how long a token may be (Tencent's REST page of callback
// settings, 647/118333).
const longestToken = 128

// appFlag is one --app: an app, and where its tokens are.
type appFlag struct{ id, tokenFile string }

func (o *overrides) register(flags *pflag.FlagSet) {
	defaults := config.Default()
	flags.StringVar(&o.listen, "listen", defaults.Listen, "the `ADDRESS` that takes callbacks; 127.0.0.1:8080 with an app that has no token")
	flags.StringVar(&o.adminListen, "admin-listen", defaults.Admin.Listen, "the `ADDRESS` of metrics, health and the read-only API")
	flags.StringArrayVar(&o.apps, "app", nil, "accept callbacks of `SDKAPPID[=@TOKENFILE]`; may be repeated")
	flags.StringArrayVar(&o.reattach, "reattach", nil, "let `NAME=FILE` be the plugin that waits where FILE says, started by hand with "+attachVariable+"=FILE, and put it in debug; may be repeated")
	flags.StringVar(&o.pluginDir, "plugin-dir", defaults.PluginDir, "the `DIR` whose every executable is a plugin")
	flags.StringVar(&o.dataDir, "data-dir", defaults.DataDir, "the `DIR` for what must last, and for the admin socket")
	flags.StringVar(&o.callbackPath, "callback-path", defaults.CallbackPath, "the `PATH` that takes callbacks")
}

// check reads the flags once, before anything starts. Token files are read later,
// and again with every reload.
func (o *overrides) check(changed func(flag string) bool) error {
	o.changed = changed
	seen := make(map[string]bool)
	for _, text := range o.apps {
		app, err := parseApp(text)
		if err != nil {
			return err
		}
		if seen[app.id] {
			return fmt.Errorf("--app %s is given twice", app.id)
		}
		seen[app.id] = true
		o.given = append(o.given, app)
	}
	clear(seen)
	for _, text := range o.reattach {
		waiting, err := parseReattach(text)
		if err != nil {
			return err
		}
		if seen[waiting.name] {
			return fmt.Errorf("--reattach %s is given twice", waiting.name)
		}
		seen[waiting.name] = true
		o.waiting = append(o.waiting, waiting)
	}
	return errors.Join(
		o.checkAddress("listen", o.listen),
		o.checkAddress("admin-listen", o.adminListen),
		o.checkCallbackPath(),
		o.checkLoopback(),
	)
}

func parseApp(text string) (appFlag, error) {
	id, file, hasToken := strings.Cut(text, "=")
	if n, err := strconv.ParseUint(id, 10, 64); err != nil || strconv.FormatUint(n, 10) != id || n == 0 {
		return appFlag{}, fmt.Errorf("--app: SDKAPPID %q is not the number that Tencent's console shows, such as 1400000001", id)
	}
	if !hasToken {
		return appFlag{id: id}, nil
	}
	path, isFile := strings.CutPrefix(file, "@")
	if !isFile || path == "" { // what was written may be the token: it is not repeated
		return appFlag{}, fmt.Errorf("--app %s: a token never stands on the command line, where everybody can read it; write %s=@FILE", id, id)
	}
	return appFlag{id: id, tokenFile: path}, nil
}

func (o *overrides) checkAddress(flag, address string) error {
	if !o.changed(flag) {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--%s: %q is not HOST:PORT or :PORT", flag, address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("--%s: port %q is not a number up to 65535", flag, port)
	}
	return nil
}

func (o *overrides) checkCallbackPath() error {
	if !o.changed("callback-path") || (strings.HasPrefix(o.callbackPath, "/") && !strings.ContainsAny(o.callbackPath, "?#{} ")) {
		return nil
	}
	return fmt.Errorf("--callback-path: %q is not a plain path that begins with /", o.callbackPath)
}

func (o *overrides) checkLoopback() error {
	if o.tokenless() && o.changed("listen") && !loopback(o.listen) {
		return fmt.Errorf("--listen %s: an app without a token is for loopback alone; give --app SDKAPPID=@TOKENFILE, or listen on 127.0.0.1", o.listen)
	}
	return nil
}

// tokenless reports whether an app was given without a token.
func (o *overrides) tokenless() bool {
	for _, app := range o.given {
		if app.tokenFile == "" {
			return true
		}
	}
	return false
}

// apply writes the given flags over file.
func (o *overrides) apply(file *config.File) error {
	for _, flag := range []struct {
		name string
		from string
		to   *string
	}{
		{"listen", o.listen, &file.Listen},
		{"admin-listen", o.adminListen, &file.Admin.Listen},
		{"plugin-dir", o.pluginDir, &file.PluginDir},
		{"data-dir", o.dataDir, &file.DataDir},
		{"callback-path", o.callbackPath, &file.CallbackPath},
	} {
		if o.changed(flag.name) {
			*flag.to = flag.from
		}
	}
	o.adminWarning(file)
	if o.tokenless() && !loopback(file.Listen) {
		_, port, err := net.SplitHostPort(file.Listen)
		if err != nil {
			return fmt.Errorf("listen %q: %w", file.Listen, err)
		}
		file.Listen = net.JoinHostPort("127.0.0.1", port)
	}
	for _, waiting := range o.waiting {
		if err := file.Reattach(waiting.name, waiting.file); err != nil {
			return fmt.Errorf("--reattach: %w", err)
		}
	}
	return o.applyApps(file)
}

// adminWarning warns of the flag as the file's check warns of the key, whose
// warning holds no longer.
func (o *overrides) adminWarning(file *config.File) {
	if !o.changed("admin-listen") {
		return
	}
	file.Warnings = slices.DeleteFunc(slices.Clone(file.Warnings), func(w config.Problem) bool { return w.Key == "admin.listen" })
	if !loopback(o.adminListen) {
		file.Warnings = append(file.Warnings, config.Problem{
			File: "--admin-listen", Message: "is open to other machines: whoever reaches it reads metrics, apps and routes",
		})
	}
}

// applyApps adds the given apps. One that the file has too keeps its name, its
// limit and its routes, and never loses its tokens.
func (o *overrides) applyApps(file *config.File) error {
	if len(o.given) == 0 {
		return nil
	}
	apps := make(map[string]config.App, len(file.Apps)+len(o.given))
	maps.Copy(apps, file.Apps)
	for _, given := range o.given {
		tokens, err := readTokens(given)
		if err != nil {
			return err
		}
		app := apps[given.id]
		if len(tokens) == 0 && len(app.Tokens) > 0 {
			return fmt.Errorf("--app %s would drop the tokens that the file gives this app: leave the flag out to keep them, or write --app %s=@FILE to replace them", given.id, given.id)
		}
		app.Tokens, app.Insecure = tokens, len(tokens) == 0
		apps[given.id] = app
	}
	file.Apps = apps
	return nil
}

// readTokens reads one token a line; an app without a file has none.
func readTokens(app appFlag) ([]config.Secret, error) {
	if app.tokenFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(app.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("--app %s: read token: %w", app.id, err)
	}
	var tokens []config.Secret
	for line := range strings.Lines(string(text)) {
		token := strings.TrimSpace(line)
		if len(token) > longestToken {
			return nil, fmt.Errorf("--app %s: a line of %s is longer than a token, which has at most %d bytes", app.id, app.tokenFile, longestToken)
		}
		if token != "" {
			tokens = append(tokens, config.Secret(token))
		}
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("--app %s: %s holds no token", app.id, app.tokenFile)
	}
	return tokens, nil
}

// loopback reports whether address can be reached from this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
