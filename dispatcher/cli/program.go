package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/report"
)

// Program is the command line with what it cannot do itself.
type Program struct {
	// Serve runs a gateway until ctx ends. It returns nil after a clean stop.
	Serve func(ctx context.Context, s Serve) error
	// ExecPlugin turns this process into a plugin: it applies what args say and
	// execs the plugin's file. It returns only when that fails.
	ExecPlugin func(args []string) error
	// MoveInbox takes an inbox of a gateway's own into the cluster that gateways share.
	MoveInbox func(ctx context.Context, m InboxMove) (InboxMoved, error)
	// ExamineNATS looks at that cluster. What is wrong with it is a finding and no error.
	ExamineNATS func(ctx context.Context, file *config.File) ([]report.Finding, error)
	// Version is what `version` prints; zero means [BuildVersion]("").
	Version Version
}

// Execute runs one command line, without the program's own name, and returns
// the exit code of the process. It prints its complaints to stderr itself.
// Execute may be called from several goroutines at once.
func (p Program) Execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if p.Version == (Version{}) {
		p.Version = BuildVersion("")
	}
	root := p.root(&console{stdin: stdin, stdout: stdout, stderr: stderr}) //nolint:contextcheck // cobra hands ctx to the commands.
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	if !errors.Is(err, errReported) {
		complain(harmless{stderr}, err)
	}
	return exitCode(err)
}

// root builds a fresh tree: cobra commands keep the values of their flags, so
// none is shared between two runs.
func (p Program) root(c *console) *cobra.Command {
	root := group("switchhook", "A gateway for Tencent Cloud Chat callbacks, with a process for every handler")
	root.Long = "Switchhook receives the callbacks that Tencent Cloud Chat posts to one URL, hands each\n" +
		"to the plugin that claims it, and counts and times them.\n\n" +
		"Switchhook is not affiliated with Tencent."
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	root.PersistentFlags().StringVar(&c.admin, "admin", "",
		"where the running gateway's admin side is: a socket's `PATH` or a URL (default <data-dir>/admin.sock, that is data/admin.sock)")
	root.PersistentFlags().Var(&c.output, "output", "how results are printed")
	root.AddCommand(
		p.serveCommand(c),
		p.devCommand(c),
		sendCommand(c),
		lintReplyCommand(c),
		verifySignCommand(c),
		p.doctorCommand(c),
		p.pluginCommand(c),
		routeCommand(c),
		p.inboxCommand(c),
		traceCommand(c),
		configCommand(c),
		p.versionCommand(c),
		p.execPluginCommand(),
	)
	completeFlag(root, "output", "table", "json")
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultCompletionCmd()
	usageErrors(root)
	return root
}
