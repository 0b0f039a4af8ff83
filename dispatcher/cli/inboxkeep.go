package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func inboxBackupCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the inbox, while the gateway works",
		Long: "Have the gateway write a consistent copy of its inbox to a FILE of its machine, while it works.\n" +
			"The file must not exist yet, and belongs to the gateway's user. To restore it, stop the gateway,\n" +
			"put the file in the place of <data_dir>/inbox/inbox.db, take inbox.db-wal and inbox.db-shm away,\n" +
			"and start.",
		Example: "  switchhook inbox backup /backups/inbox-2026-01-02.db",
		Args:    named("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := filepath.Abs(args[0])
			if err != nil {
				return fmt.Errorf("resolve FILE: %w", err)
			}
			var report admin.InboxBackupReport
			bar := c.begin("copying")
			err = c.ask(func(client *admin.Client) (err error) {
				report, err = client.InboxBackup(cmd.Context(), admin.InboxBackupOrder{File: file}, func(w admin.InboxWork) { bar.to(w.Done, w.Total) })
				return err
			})
			bar.end()
			if err != nil {
				return err
			}
			return c.print(report, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "wrote %s, %s\n", report.File, size(report.Bytes))
				return err //nolint:wrapcheck // print wraps it for every table.
			})
		},
	}
}

func inboxCheckCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Read everything in the inbox, and say what is wrong with it",
		Long: "Read everything in the inbox, body by body, and hold it to its sums, while the gateway works. Each\n" +
			"problem is a line, and with any the exit code is 1.",
		Example:           "  switchhook inbox check",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var report admin.InboxCheckReport
			bar := c.begin("reading")
			err := c.ask(func(client *admin.Client) (err error) {
				report, err = client.InboxCheck(cmd.Context(), func(w admin.InboxWork) { bar.to(w.Done, w.Total) })
				return err
			})
			bar.end()
			if err != nil {
				return err
			}
			return c.checked(report)
		},
	}
}

// checked prints what a check found.
func (c *console) checked(report admin.InboxCheckReport) error {
	found := struct {
		OK bool `json:"ok"`
		admin.InboxCheckReport
	}{len(report.Problems) == 0, report}
	err := c.print(found, func(w io.Writer) error {
		if found.OK {
			_, err := fmt.Fprintln(w, "all is well")
			return err //nolint:wrapcheck // print wraps it for every table.
		}
		for _, problem := range report.Problems {
			if _, err := fmt.Fprintf(w, "PROBLEM %s\n", problem); err != nil {
				return err //nolint:wrapcheck // print wraps it for every table.
			}
		}
		return nil
	})
	if err == nil && !found.OK {
		err = errors.New("the inbox has " + plural(len(report.Problems), "problem"))
	}
	return err
}
