package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func (p Program) pluginCommand(c *console) *cobra.Command {
	cmd := group("plugin", "Write a plugin, check one, look at those of the running gateway and change them")
	cmd.AddCommand(&cobra.Command{
		Use:   "ls [NAME]...",
		Short: "List the plugins: state, version, processes, claims",
		Long: "List the plugins with their states. READY is how many of a plugin's processes take\n" +
			"callbacks. What is out of the ordinary stands behind the state and is said in full below the\n" +
			"table: a drift, where what serves is not what the file is; a brake that an operator has put\n" +
			"in force; callbacks that are not sent any more. One NAME alone is shown with its program and\n" +
			"each of its processes.",
		Example:           "  switchhook plugin ls\n  switchhook plugin ls blacklist --output json",
		ValidArgsFunction: c.completePlugins,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.listPlugins(cmd.Context(), args)
		},
	}, p.pluginNewCommand(c), verifyCommand(c))
	cmd.AddCommand(pluginChangeCommands(c)...)
	return cmd
}

// listPlugins prints the named plugins, or all of them.
func (c *console) listPlugins(ctx context.Context, names []string) error {
	all, err := c.plugins(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(p admin.Plugin) bool { return p.Name == name }) {
			return fmt.Errorf("no plugin %q; the gateway knows %s", name, oneOf(pluginNames(all)))
		}
	}
	list := slices.DeleteFunc(all, func(p admin.Plugin) bool {
		return len(names) > 0 && !slices.Contains(names, p.Name)
	})
	return c.print(admin.PluginList{Plugins: list}, func(w io.Writer) error {
		if err := pluginTable(w, list); err != nil || len(names) != 1 {
			return err
		}
		return pluginDetail(w, list[0])
	})
}

func pluginTable(w io.Writer, plugins []admin.Plugin) error {
	if len(plugins) == 0 {
		_, err := fmt.Fprintln(w, "no plugins")
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	rows := make([][]string, len(plugins))
	for i, p := range plugins {
		rows[i] = []string{p.Name, state(p), p.Version, sdkVersion(p), readiness(p), pid(p.PID), strconv.Itoa(p.Restarts), claims(p), trouble(p)}
	}
	if err := printTable(w, []string{"NAME", "STATE", "VERSION", "SDK", "READY", "PID", "RESTARTS", "CLAIMS", "ERROR"}, rows); err != nil {
		return err
	}
	return pluginNotes(w, plugins)
}

// trouble is what keeps the plugin from working. An attached one that is ready was
// waited for before: that none waited then is no trouble any more.
func trouble(p admin.Plugin) string {
	if p.State == pluginReady && p.Detail == "attached" {
		return ""
	}
	return p.Error
}

// sdkVersion is the SDK that the plugin was built with. One of a checkout has no
// version, or the zero one that the go command makes up; of a plugin that never came
// up nothing is known.
func sdkVersion(p admin.Plugin) string {
	const madeUp = "v0.0.0-00010101000000-000000000000"
	if p.Version != "" && (p.SDKVersion == "" || strings.HasPrefix(p.SDKVersion, madeUp)) {
		return "devel"
	}
	return p.SDKVersion
}

func pid(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// claims lists the patterns, and says when they are not the plugin's own word.
func claims(p admin.Plugin) string {
	patterns := make([]string, len(p.Claims))
	for i, claim := range p.Claims {
		patterns[i] = claim.Pattern
	}
	text := strings.Join(patterns, ", ")
	if text != "" && p.ClaimsFrom != "" && p.ClaimsFrom != "live" {
		text += " (" + p.ClaimsFrom + ")"
	}
	return text
}

func pluginNames(plugins []admin.Plugin) []string {
	names := make([]string, len(plugins))
	for i, p := range plugins {
		names[i] = p.Name
	}
	return names
}

// oneOf lists names in a message.
func oneOf(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
