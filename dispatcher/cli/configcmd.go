package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
)

func configCommand(c *console) *cobra.Command {
	cmd := group("config", "Check, show and reload the configuration")
	cmd.AddCommand(
		&cobra.Command{
			Use:   "check FILE",
			Short: "Name every mistake in a configuration file, and what it configures",
			Long: "Check reads the file as serve would, and names every mistake with its line, all in one\n" +
				"go; with one it ends in exit code 2. Of a good file it says which apps, plugins and routes\n" +
				"it configures. What follows from the plugins' claims is known to a running gateway alone:\n" +
				"see switchhook route ls.",
			Example: "  switchhook config check switchhook.yaml",
			Args:    one("FILE"),
			RunE:    func(_ *cobra.Command, args []string) error { return c.checkConfig(args[0]) },
		},
		&cobra.Command{
			Use:               "example",
			Short:             "Print a complete configuration file with a word on every key",
			Example:           "  switchhook config example > switchhook.yaml",
			Args:              cobra.NoArgs,
			ValidArgsFunction: cobra.NoFileCompletions,
			RunE:              func(*cobra.Command, []string) error { return c.exampleConfig() },
		},
		&cobra.Command{
			Use:   "reload",
			Short: "Make the running gateway read its configuration again",
			Long: "Reload takes over apps, tokens, routes and plugins as one transaction, as SIGHUP does. On\n" +
				"any mistake what was configured before stays, all of it. Keys that need a restart are named.",
			Args:              cobra.NoArgs,
			ValidArgsFunction: cobra.NoFileCompletions,
			RunE:              func(cmd *cobra.Command, _ []string) error { return c.reloadConfig(cmd.Context()) },
		},
	)
	return cmd
}

// checkConfig prints what is wrong with the file at path, or what it configures.
func (c *console) checkConfig(path string) error {
	report := checkReport{File: path, Problems: []problemReport{}, Warnings: []problemReport{}}
	file, err := config.Load(path, os.LookupEnv)
	if problems, ok := errors.AsType[config.Problems](err); ok {
		report.Problems = problemReports(problems)
	} else if err != nil {
		return misconfigured(err)
	} else {
		report.fill(file)
	}
	if err := c.print(report, report.write); err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		return misconfigured(fmt.Errorf("%s has %s", path, plural(len(report.Problems), "mistake")))
	}
	return nil
}

func (c *console) exampleConfig() error {
	if _, err := c.stdout.Write(config.Example()); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// reloadConfig asks the running gateway to reload, and says what changed.
func (c *console) reloadConfig(ctx context.Context) error {
	var report admin.ReloadReport
	err := c.ask(func(client *admin.Client) (err error) {
		report, err = client.Reload(ctx)
		return err
	})
	if errors.Is(err, admin.ErrNoGateway) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w\nwhat was configured before stays in force", err)
	}
	return c.print(report, func(w io.Writer) error { return reloadTable(w, report) })
}

func reloadTable(w io.Writer, report admin.ReloadReport) error {
	var text strings.Builder
	if len(report.Changed) == 0 {
		text.WriteString("nothing changed\n")
	}
	for _, key := range report.Changed {
		fmt.Fprintf(&text, "changed %s\n", key)
	}
	for _, warning := range report.Warnings {
		fmt.Fprintf(&text, "WARNING %s\n", warning)
	}
	for _, key := range report.Restart {
		fmt.Fprintf(&text, "RESTART NEEDED for %s\n", key)
	}
	_, err := io.WriteString(w, text.String())
	return err //nolint:wrapcheck // print wraps it for every table.
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
