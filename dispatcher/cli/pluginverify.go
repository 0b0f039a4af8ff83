package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/sdk/conformance"
)

// verifyFlags are what plugin verify is told.
type verifyFlags struct {
	mtls    string
	config  string
	timeout time.Duration
}

// verifyTimeout is enough for a slow plugin with many claims.
const verifyTimeout = 5 * time.Minute

func verifyCommand(c *console) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check that a program is a plugin, in whatever language",
		Long: "Verify starts FILE as the gateway does (a private copy, without arguments, in an empty data\n" +
			"directory), talks to it well and badly, and says what does not keep to the contract and\n" +
			"what to do. It needs no gateway.\n\n" +
			"The samples that it sends are handled for good: a plugin that reaches out to other systems\n" +
			"needs settings that lead to a place for tests.",
		Example: "  switchhook plugin verify bin/plugins/blacklist\n" +
			"  switchhook plugin verify ./friends --mtls both --config friends.json --output json",
		Args:              one("FILE"),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.verifyPlugin(cmd, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.mtls, "mtls", "auto",
		"how the link is secured: `auto|off|both`; off is for a plugin that the gateway runs with mtls: off")
	cmd.Flags().StringVar(&f.config, "config", "", "the plugin's settings: a `FILE` with one JSON object")
	cmd.Flags().DurationVar(&f.timeout, "timeout", verifyTimeout, "how long the whole may take")
	completeFlag(cmd, "mtls", "auto", "off", "both")
	return cmd
}

// verifyPlugin checks one program. A check that failed makes the command fail.
func (c *console) verifyPlugin(cmd *cobra.Command, program string, f verifyFlags) error {
	o := conformance.Options{Program: program, MTLS: conformance.MTLS(f.mtls), Timeout: f.timeout}
	if f.config != "" {
		config, err := os.ReadFile(f.config)
		if err != nil {
			return usage(cmd, fmt.Errorf("read the settings: %w", err))
		}
		o.Config = json.RawMessage(config)
	}
	told := conformance.NewText(harmless{c.stdout})
	if c.output != jsonOutput {
		o.Observe = told.Check // some checks take long
	}
	report, err := conformance.Verify(cmd.Context(), o)
	if wrong, ok := errors.AsType[*conformance.OptionError](err); ok {
		return usage(cmd, fmt.Errorf("%s: %w", verifyOption(wrong.Option), wrong))
	}
	if len(report.Checks) > 0 { // an interrupted one has found something too
		if err := c.print(report, func(io.Writer) error { return told.End(report) }); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !report.OK {
		return reported(fmt.Errorf("%s does not keep to the contract", program))
	}
	return nil
}

// verifyOption says an option's name as it stands on the command line.
func verifyOption(option string) string {
	switch option {
	case "MTLS":
		return "--mtls"
	case "Config":
		return "--config"
	default:
		return "FILE"
	}
}
