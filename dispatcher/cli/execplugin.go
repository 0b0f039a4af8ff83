package cli

import (
	"github.com/spf13/cobra"
)

// execPluginCommand is the step between the gateway and a plugin: the host runs
// it, nobody types it. Its arguments are the host's own and are not parsed here.
func (p Program) execPluginCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "exec-plugin",
		Short:              "Become a plugin process (run by the gateway itself)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE:               func(_ *cobra.Command, args []string) error { return p.ExecPlugin(args) },
	}
}
