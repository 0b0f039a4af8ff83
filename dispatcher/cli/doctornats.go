package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/report"
)

// natsReport is the state of a cluster, for --output json.
type natsReport struct {
	Prefix   string           `json:"prefix"`
	Servers  []config.Server  `json:"servers"`
	OK       bool             `json:"ok"`
	Findings []report.Finding `json:"findings"`
}

func (p Program) doctorNATSCommand(c *console) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "nats",
		Short: "Check the NATS cluster that gateways share an inbox in",
		Long: "Doctor nats looks at the cluster that inbox.nats of the configuration names, with its user: the\n" +
			"servers' versions and JetStream, whether each event is on several disks before it is answered\n" +
			"(replicas, sync_interval as far as a server shows it, no asynchronous persistence), the streams,\n" +
			"room, clocks and permissions. It says what voids the promise that an accepted event is not lost.\n" +
			"It makes nothing: of streams that are missing it says whether a gateway could make them.\n\n" +
			"Without --config it is the file of the gateway that runs here. A check that fails ends in exit\n" +
			"code 1; a warning does not.",
		Example:           "  switchhook doctor nats\n  switchhook doctor nats --config switchhook.yaml --output json",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := c.clusterConfig(cmd, path)
			if err != nil {
				return err
			}
			return p.doctorNATS(cmd.Context(), c, file)
		},
	}
	cmd.Flags().StringVar(&path, "config", "", "the configuration `FILE` whose inbox.nats names the cluster (default: that of the running gateway)")
	completePath(cmd, "config", cobra.ShellCompDirectiveDefault)
	return cmd
}

// clusterConfig reads the configuration at path, or that of the running gateway.
func (c *console) clusterConfig(cmd *cobra.Command, path string) (*config.File, error) {
	if path == "" {
		status, err := c.status(cmd.Context())
		switch {
		case errors.Is(err, admin.ErrNoGateway):
			return nil, usage(cmd, fmt.Errorf("--config is missing, and there is nobody to ask: %w", err))
		case err != nil:
			return nil, err
		case status.ConfigFile == "":
			return nil, usage(cmd, errors.New("--config is missing, and the running gateway has no configuration file"))
		}
		path = status.ConfigFile
	}
	file, err := config.Load(path, os.LookupEnv)
	if err != nil {
		return nil, misconfigured(err)
	}
	if !file.Inbox.Shared() {
		return nil, misconfigured(config.Problems{{File: path, Key: "inbox.store", Message: "is not jetstream, so that there is no cluster to look at"}})
	}
	return file, nil
}

// doctorNATS examines, reports and judges.
func (p Program) doctorNATS(ctx context.Context, c *console, file *config.File) error {
	found, err := p.ExamineNATS(ctx, file)
	if err != nil {
		return err
	}
	failed := report.Failures(found)
	r := natsReport{Prefix: file.Inbox.NATS.Prefix, Servers: file.Inbox.NATS.Servers, OK: failed == 0, Findings: found}
	if err := c.print(r, func(w io.Writer) error { return report.Write(w, found) }); err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("%s failed", plural(failed, "check"))
	}
	return nil
}
