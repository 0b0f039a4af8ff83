package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// doctorCommandName is a command that nobody claims, unless it claims all: what
// doctor posts changes nothing.
const doctorCommandName = "Switchhook.Doctor"

// foreignApp is nobody's SDKAppID: Tencent's have ten digits.
const foreignApp = "1"

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

func doctorCommand(c *console) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor URL",
		Short: "Check a deployed endpoint from outside, as Tencent would meet it",
		Long: "Doctor looks at the URL as Tencent's console does, at its address and certificate, and then\n" +
			"posts to it: at most seven small requests, one after the other. It says whether the console's\n" +
			"probe and a callback are answered with 200 and JSON, in time, over connections that are kept,\n" +
			"and whether requests without a true Sign, old ones and those of a foreign app are refused.\n\n" +
			"Without --token-file only the refusal of unsigned requests can be seen. What is posted names\n" +
			"the command " + doctorCommandName + ", which no plugin claims unless it claims all; with --command\n" +
			"it is that command's sample, and your plugins will act on it.\n\n" +
			"A check that fails ends in exit code 1; a warning does not.",
		Example: "  switchhook doctor https://im-callbacks.example.com/im\n" +
			"  switchhook doctor https://im-callbacks.example.com/im --app 1400000001 --token-file token\n" +
			"  switchhook doctor http://127.0.0.1:8080/ --app 1400000001 --token-file token --command C2C.CallbackBeforeSendMsg",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := newDoctor(args[0], f)
			if err != nil {
				return usage(cmd, err)
			}
			return c.doctor(cmd.Context(), d)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.app, "app", "", "the `SDKAPPID` whose callbacks the endpoint takes")
	flags.StringVar(&f.tokenFile, "token-file", "", "sign with the token on the first line of `FILE` (default $"+tokenVariable+"; none: not signed)")
	flags.StringVar(&f.command, "command", "", "post the sample of `COMMAND`, which your plugins will act on")
	flags.DurationVar(&f.timeout, "timeout", verdict.Patience, "wait `DURATION` for each reply; Tencent's is the default")
	completeCommands(cmd)
	return cmd
}

// doctor is one examination.
type doctor struct {
	text    string   // the URL as it was given
	url     *url.URL // nil when it cannot be read
	timeout time.Duration
	usual   callback // what the endpoint has to answer
	token   string
	app     string // empty where none was given
	client  *http.Client
	clock   *serverClock
	found   []report.Finding
}

// newDoctor reads the flags. What is wrong with the URL itself is a finding,
// unless it is none at all.
func newDoctor(text string, f doctorFlags) (*doctor, error) {
	d := &doctor{text: text, timeout: f.timeout, app: f.app}
	if !strings.Contains(text, "://") {
		return nil, fmt.Errorf("%q is not https://HOST/PATH or http://HOST/PATH", text)
	}
	if f.timeout <= 0 {
		return nil, errors.New("--timeout has to be more than 0")
	}
	if f.command != "" && f.app == "" {
		return nil, errors.New("--command needs --app: a callback names the app that it is from")
	}
	var err error
	if d.token, err = token(f.tokenFile); err != nil {
		return nil, err
	}
	if u, err := url.Parse(text); err == nil {
		d.url = u
	}
	d.usual = callback{url: text, app: f.app, token: d.token, signing: signGood, body: []byte("{}")}
	switch {
	case f.command != "":
		d.usual.command = f.command
		d.usual.clientIP, d.usual.platform = "127.0.0.1", "RESTAPI"
		d.usual.body, d.usual.invented, err = sampleOf(f.command)
	case f.app != "":
		d.usual.command = doctorCommandName
		d.usual.body = fmt.Appendf(nil, `{"CallbackCommand":%q}`, doctorCommandName)
	}
	return d, err
}

// doctor examines, reports and judges.
func (c *console) doctor(ctx context.Context, d *doctor) error {
	d.examine(ctx)
	failed := report.Failures(d.found)
	r := doctorReport{URL: d.text, OK: failed == 0, Findings: d.found}
	if err := c.print(r, func(w io.Writer) error { return report.Write(w, d.found) }); err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("%s failed", plural(failed, "check"))
	}
	return nil
}

// note adds findings and reports whether none of them is a failure.
func (d *doctor) note(found ...report.Finding) bool {
	d.found = append(d.found, found...)
	return report.Failures(found) == 0
}

// examine goes from the outside to the inside, and stops where what follows
// would only repeat a failure. A Sign goes to nobody whose certificate is bad.
func (d *doctor) examine(ctx context.Context) {
	if !d.note(checkAddress(d.text, d.url)...) || !d.note(d.lookUp(ctx)) {
		return
	}
	connected, trusted := d.connect(ctx)
	if !connected {
		return
	}
	if !trusted && d.token != "" {
		d.note(report.Doubtful("Sign", "no signed request was sent: whoever has this certificate may not be you", "repair the certificate first"))
		d.token, d.usual.token = "", ""
	}
	d.client = newClient(1, !trusted)
	defer d.client.CloseIdleConnections()
	d.clock = &serverClock{next: d.client.Transport}
	d.client.Transport = d.clock
	defer func() { d.note(d.clock.check()...) }()
	if d.token == "" {
		d.withoutToken(ctx)
		return
	}
	if d.answers(ctx) {
		d.refuses(ctx)
	}
}

// withoutToken asks the one thing that needs none, and takes the reply for an
// example where it should not have been given.
func (d *doctor) withoutToken(ctx context.Context) {
	first, _ := d.ask(ctx, d.usual)
	if !d.note(refused("unsigned", signNone.flaw(), first)) && first.Err == nil && first.Status == http.StatusOK {
		d.note(d.reply("reply", d.usual, first))
		second, reused := d.ask(ctx, d.usual)
		d.note(inTime(first, second), kept(reused))
	}
	d.note(report.Doubtful("Sign", "not checked: the console's probe, a true callback, wrong and stale Signs, a foreign app", "give --app and --token-file"))
}
