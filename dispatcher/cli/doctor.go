package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/doctor"
	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// doctorFlags is how doctor was called.
type doctorFlags struct {
	app, tokenFile, command string
	timeout                 time.Duration
}

// doctorReport is the state of an endpoint, for --output json.
type doctorReport struct {
	URL      string           `json:"url"`
	OK       bool             `json:"ok"`
	Findings []report.Finding `json:"findings"`
}

func (p Program) doctorCommand(c *console) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor URL",
		Short: "Check a deployed endpoint from outside, as Tencent would meet it",
		Long: "Doctor looks at the URL as Tencent's console does, at its address and certificate, and then\n" +
			"posts to it: at most seven small requests, one after the other. It says whether the console's\n" +
			"probe and a callback are answered with 200 and JSON, in time, over connections that are kept,\n" +
			"and whether requests without a true Sign, old ones and those of a foreign app are refused.\n\n" +
			"Without --token-file only the refusal of unsigned requests can be seen. What is posted names\n" +
			"the command " + doctor.Command + ", which no plugin claims unless it claims all; with --command\n" +
			"it is that command's sample, and your plugins will act on it.\n\n" +
			"A check that fails ends in exit code 1; a warning does not.",
		Example: "  switchhook doctor https://im-callbacks.example.com/im\n" +
			"  switchhook doctor https://im-callbacks.example.com/im --app 1400000001 --token-file token\n" +
			"  switchhook doctor http://127.0.0.1:8080/ --app 1400000001 --token-file token --command C2C.CallbackBeforeSendMsg",
		Args:              one("URL"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options(args[0])
			if err != nil {
				return usage(cmd, err)
			}
			return c.doctor(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.app, "app", "", "the `SDKAPPID` whose callbacks the endpoint takes")
	flags.StringVar(&f.tokenFile, "token-file", "", "sign with the token on the first line of `FILE` (default $"+tokenVariable+"; none: not signed)")
	flags.StringVar(&f.command, "command", "", "post the sample of `COMMAND`, which your plugins will act on")
	flags.DurationVar(&f.timeout, "timeout", verdict.Patience, "wait `DURATION` for each reply; Tencent's is the default")
	completeCommands(cmd)
	cmd.AddCommand(p.doctorNATSCommand(c))
	return cmd
}

// options reads the flags. What is wrong with the URL itself is a finding, unless
// it is none at all.
func (f doctorFlags) options(text string) (doctor.Options, error) {
	// What is typed is for the replies: a short wait for them is none for the network.
	o := doctor.Options{URL: text, App: f.app, Command: f.command, Timeout: f.timeout, Reach: max(f.timeout, verdict.Patience)}
	if !strings.Contains(text, "://") {
		return o, fmt.Errorf("%q is not https://HOST/PATH or http://HOST/PATH", text)
	}
	if f.timeout <= 0 {
		return o, errors.New("--timeout has to be more than 0")
	}
	if f.command != "" && f.app == "" {
		return o, errors.New("--command needs --app: a callback names the app that it is from")
	}
	var err error
	if o.Token, err = token(f.tokenFile); err != nil {
		return o, err
	}
	if f.command != "" {
		o.Body, _, err = sampleOf(f.command)
	}
	return o, err
}

// doctor examines, reports and judges.
func (c *console) doctor(ctx context.Context, o doctor.Options) error {
	found := doctor.Examine(ctx, o)
	failed := report.Failures(found)
	r := doctorReport{URL: o.URL, OK: failed == 0, Findings: found}
	if err := c.print(r, func(w io.Writer) error { return report.Write(w, found) }); err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("%s failed", plural(failed, "check"))
	}
	return nil
}
