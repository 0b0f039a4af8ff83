package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/scaffold"
	"github.com/switchhook/switchhook/dispatcher/source"
	"github.com/switchhook/switchhook/dispatcher/workshop"
)

// devFlags is how dev was called.
type devFlags struct{ listen, config string }

func (p Program) devCommand(c *console) *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use:   "dev [DIR]",
		Short: "Build a plugin, serve it, and do so again whenever its source is saved",
		Long: "Dev builds the plugin whose main package is in DIR, the working directory unless given, and\n" +
			"runs a gateway with nothing but this plugin, on loopback and with app " + workshop.App + ", which needs no\n" +
			"token. Each save builds it again; the new process takes over without a lost callback. What does\n" +
			"not build, or does not come up, is shown, and the old process goes on.\n\n" +
			"Each callback is a line: what becomes of the operation, and the time it took of the 2,000 ms\n" +
			"that Tencent waits. FAILURE says that it did not go as the plugin's author means it: the plugin\n" +
			"failed, panicked, was late, or answered what Tencent would misread.\n\n" +
			"--config takes the gateway's own file, of which the plugin's settings and the routes count.\n" +
			"What the plugin keeps in its data directory is gone at the end: with Ctrl-C, and when the\n" +
			"terminal is closed.",
		Example: "  switchhook dev friends\n" +
			"  switchhook dev --listen 127.0.0.1:9000 --config switchhook.yaml",
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return p.dev(cmd, c, dir, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "the loopback `ADDRESS` that takes callbacks")
	flags.StringVar(&f.config, "config", "", "take the plugin's settings, plugins.NAME, and the routes from the gateway's `FILE`")
	completePath(cmd, "config", cobra.ShellCompDirectiveDefault)
	return cmd
}

// dev checks what was typed and works until ctx ends, which is no failure.
func (p Program) dev(cmd *cobra.Command, c *console, dir string, f devFlags) (err error) {
	if !loopback(f.listen) {
		return usage(cmd, fmt.Errorf("--listen %s: an app without a token is for loopback alone, such as 127.0.0.1:8080", f.listen))
	}
	tree, err := openTree(cmd.Context(), dir, f.config)
	if err != nil {
		return usage(cmd, err)
	}
	name := filepath.Base(tree.Dir())
	if err := scaffold.CheckName(name); err != nil {
		return usage(cmd, fmt.Errorf("the directory's name is the plugin's: %w", err))
	}
	place, err := newDevPlace()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.remove()) }()
	ctx, stop := untilSignalled(cmd.Context(), func() { _ = place.remove() })
	defer stop()
	return p.develop(ctx, c, tree, devSetup{name: name, temp: place.dir, listen: f.listen, file: f.config})
}

// develop opens the workshop: a gateway of the setup around a plugin that is
// built of the tree.
func (p Program) develop(ctx context.Context, c *console, tree *source.Tree, setup devSetup) error {
	file, err := setup.load()
	if err != nil {
		return misconfigured(err)
	}
	screen := workshop.NewScreen(c.stdout, c.stderr, c.output == jsonOutput)
	if _, named := file.Plugins[setup.name]; setup.file != "" && !named {
		screen.Say("%s has no settings for plugin %s: they would stand under plugins.%s.config", setup.file, setup.name, setup.name)
	}
	if err := setup.prepare(); err != nil {
		return err
	}
	return workshop.Run(ctx, workshop.Options{
		Name: setup.name, Tree: tree, Program: setup.program(), Socket: setup.socket(), Screen: screen,
		Serve: func(ctx context.Context, observe func(admin.Answered), log *slog.Logger) error {
			return p.Serve(ctx, Serve{
				Config: file, Reload: setup.load, LoopbackOnly: true,
				Observe: observe, Logger: log, Version: p.Version,
			})
		},
	})
}

// openTree opens the plugin's source, with the configuration as one of its files.
func openTree(ctx context.Context, dir, config string) (*source.Tree, error) {
	if config == "" {
		return source.Open(ctx, dir)
	}
	path, err := filepath.Abs(config)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", config, err)
	}
	return source.Open(ctx, dir, path)
}
