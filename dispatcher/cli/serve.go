package cli

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
)

// Serve is what [Program.Serve] is to run.
type Serve struct {
	// Config is the file with the flags applied, or the defaults with them.
	Config *config.File
	// Reload reads the file and the token files again and applies the same flags.
	// It changes nothing by itself. An error is one about the configuration.
	Reload func() (*config.File, error)
	// LoopbackOnly says that an app was given by flag without a token: wherever
	// the public listener comes from, it has to be a loopback one. Config.Listen
	// already is.
	LoopbackOnly bool
	// Observe is told of every callback that was answered; nil observes nothing.
	Observe func(admin.Answered)
	// Logger writes to standard error: text to a terminal, else JSON.
	Logger *slog.Logger
	// Version says which build this is.
	Version Version
	// Stderr takes what is meant for the person at the terminal.
	Stderr io.Writer
}

func (p Program) serveCommand(c *console) *cobra.Command {
	var (
		path string
		f    overrides
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the gateway",
		Long: "Serve runs the gateway until SIGINT or SIGTERM. Flags win over the file. An app given\n" +
			"without a token forces a loopback listener, since anybody who reaches it can then send\n" +
			"callbacks.\n\n" +
			"No token ever stands on the command line: --app 1400000001=@FILE reads it from a file, one\n" +
			"token a line, several while one replaces another.",
		Example: "  switchhook serve --app 1400000001\n" +
			"  switchhook serve --app 1400000001=@token --listen :8080\n" +
			"  switchhook serve --config switchhook.yaml",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.serve(cmd, c, path, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "config", "", "the configuration `FILE` (see `switchhook config example`); without it every key has its default")
	f.register(flags)
	completePath(cmd, "config", cobra.ShellCompDirectiveDefault)
	completePath(cmd, "plugin-dir", cobra.ShellCompDirectiveFilterDirs)
	completePath(cmd, "data-dir", cobra.ShellCompDirectiveFilterDirs)
	return cmd
}

// serve checks the flags, loads the configuration and hands both over.
func (p Program) serve(cmd *cobra.Command, c *console, path string, f overrides) error {
	if err := f.check(cmd.Flags().Changed); err != nil {
		return usage(cmd, err)
	}
	load := func() (*config.File, error) { return loadWith(path, f) }
	file, err := load()
	if err != nil {
		return misconfigured(err)
	}
	return p.Serve(cmd.Context(), Serve{
		Config:       file,
		Reload:       load,
		LoopbackOnly: f.tokenless(),
		Logger:       newLogger(c.stderr, file.LogLevel),
		Version:      p.Version,
		Stderr:       c.stderr,
	})
}

// loadWith reads the file, or takes the defaults, and applies the flags.
func loadWith(path string, f overrides) (*config.File, error) {
	file := config.Default()
	if path != "" {
		var err error
		if file, err = config.Load(path, os.LookupEnv); err != nil {
			return nil, err
		}
	}
	if err := f.apply(file); err != nil {
		return nil, err
	}
	if len(file.Apps) == 0 {
		return nil, errors.New("no app is configured: give --app SDKAPPID=@TOKENFILE, --app SDKAPPID for one on loopback without a token, or apps: in the file")
	}
	return file, nil
}

// newLogger writes text for a person and JSON for everything else, from that level on.
func newLogger(w io.Writer, level string) *slog.Logger {
	var least slog.Level // info, where it cannot be read; the file was checked
	_ = least.UnmarshalText([]byte(level))
	options := &slog.HandlerOptions{Level: least}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// isTerminal takes every character device for a terminal: the only other one
// that output is sent to is /dev/null, where the form does not matter.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
