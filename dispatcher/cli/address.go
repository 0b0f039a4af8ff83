package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// The states of a plugin that send words differently, see [admin.Plugin].
const (
	pluginReady      = "ready"
	pluginDisabled   = "disabled"
	pluginRolledBack = "rolled_back"
)

// callback is what send posts, with what is known of its way.
type callback struct {
	sender.Callback

	invented bool // the body is the least, since no page describes it
	// handlers are the plugins that the running gateway routes it to; nil where
	// that was not asked. unready says of some what keeps them from answering.
	handlers []string
	unready  map[string]string
	// unverified says that a certificate is taken as it is.
	unverified bool
}

// address fills in the app and the URL of cb: what the flags say, and for the
// rest what the running gateway says.
func (c *console) address(cmd *cobra.Command, cb *callback, f sendFlags) error {
	cb.App, cb.URL = f.app, f.url
	if err := f.checkAddress(); err != nil {
		return usage(cmd, err)
	}
	if f.app != "" && f.url != "" {
		return nil
	}
	status, err := c.status(cmd.Context())
	if err != nil {
		return fmt.Errorf("ask the gateway for app and address (or give --app and --url): %w", err)
	}
	if f.url == "" {
		cb.URL = strings.TrimSuffix(status.Listen, "/") + status.CallbackPath
		cb.unverified = c.onThisMachine() && strings.HasPrefix(cb.URL, "https:")
	}
	app, err := chooseApp(status.Apps, f.app)
	if err != nil {
		return usage(cmd, err)
	}
	cb.App = app.ID
	if app.Tokens > 0 && !cb.Complete() {
		return usage(cmd, fmt.Errorf("app %s checks signatures: give --token-file FILE or set %s", app.ID, tokenVariable))
	}
	if f.url == "" {
		c.follow(cmd.Context(), cb)
	}
	return nil
}

// checkAddress looks at the URL, and at the app where no gateway is asked for its
// name.
func (f sendFlags) checkAddress() error {
	if f.url == "" {
		return nil
	}
	if err := checkURL(f.url); err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	if _, err := strconv.ParseUint(f.app, 10, 64); f.app != "" && err != nil {
		return fmt.Errorf("--app %s: an SDKAppID is a number, such as 1400000001", f.app)
	}
	return nil
}

// follow notes which plugins the callback comes to, if it is let in at all.
func (c *console) follow(ctx context.Context, cb *callback) {
	if cb.Signing.Forged() {
		return
	}
	cb.handlers = c.handlers(ctx, cb.App, cb.Command)
	cb.unready = c.unready(ctx, cb.handlers)
}

// handlers returns the plugins that the running gateway routes a command to:
// none when no plugin claims it, nil when the gateway does not say. That is a
// kindness to the reader of the report, so nothing fails for want of it.
func (c *console) handlers(ctx context.Context, app, command string) []string {
	routes, err := c.routes(ctx)
	if err != nil {
		return nil
	}
	family, _, _ := strings.Cut(command, ".")
	patterns := []string{command}
	if _, listed := imevent.Spec(command); !listed { // its route is a pattern's
		patterns = append(patterns, family+".*", "*")
	}
	for _, pattern := range patterns {
		for _, r := range routes {
			if r.App == app && r.Command == pattern {
				return append([]string{}, r.Handlers...)
			}
		}
	}
	return []string{}
}

// unready says of each handler that is not ready what keeps it, as in "failed:
// no such file". Like handlers, it is a kindness.
func (c *console) unready(ctx context.Context, handlers []string) map[string]string {
	if len(handlers) == 0 {
		return nil
	}
	plugins, err := c.plugins(ctx)
	if err != nil {
		return nil
	}
	states := make(map[string]string)
	for _, name := range handlers {
		states[name] = "not a plugin of the gateway"
	}
	for _, p := range plugins {
		if _, asked := states[p.Name]; !asked {
			continue
		}
		switch {
		case p.State == pluginReady:
			delete(states, p.Name)
		case p.State == pluginDisabled || p.Error == "":
			states[p.Name] = p.State // an error is from before it was disabled
		default:
			states[p.Name] = p.State + ": " + p.Error
		}
	}
	return states
}

// chooseApp returns the app of that id, or the only one where none is named.
func chooseApp(apps []admin.AppInfo, id string) (admin.AppInfo, error) {
	names := make([]string, 0, len(apps))
	for _, app := range apps {
		if app.ID == id {
			return app, nil
		}
		names = append(names, label(app))
	}
	switch {
	case len(apps) == 0:
		return admin.AppInfo{}, errors.New("the gateway has no app")
	case id != "":
		return admin.AppInfo{}, fmt.Errorf("the gateway has no app %s; it has %s", id, strings.Join(names, ", "))
	case len(apps) > 1:
		return admin.AppInfo{}, fmt.Errorf("the gateway has several apps; choose one with --app: %s", strings.Join(names, ", "))
	default:
		return apps[0], nil
	}
}

func label(app admin.AppInfo) string {
	if app.Name == "" {
		return app.ID
	}
	return app.ID + " (" + app.Name + ")"
}

func checkURL(text string) error {
	if !strings.Contains(text, "://") {
		return fmt.Errorf("%q does not say how: write http://%s", text, text)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("parse URL: %w", err)
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return fmt.Errorf("%q is not http://HOST/PATH or https://HOST/PATH", text)
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("the query is Tencent's own: leave it out")
	default:
		return nil
	}
}
