package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// Command is what is posted unless another is asked for. Nobody claims it,
// unless they claim all: it changes nothing.
const Command = "Switchhook.Doctor"

// foreignApp is nobody's SDKAppID: Tencent's have ten digits.
const foreignApp = "1"

// Options say what to examine, and how.
type Options struct {
	// URL is the endpoint, as it stands in Tencent's console.
	URL string
	// App is the SDKAppID whose callbacks the endpoint takes, and Token what they
	// are signed with. Less can be seen where one of them is empty.
	App, Token string
	// Command and Body are the callback to post, which plugins will act on. It
	// needs App. The zero value posts [Command].
	Command string
	Body    []byte
	// Timeout is how long each reply may take; zero is Tencent's patience.
	Timeout time.Duration
	// Reach is how long looking up the host and connecting may take, each; zero is
	// Tencent's patience.
	Reach time.Duration
	// Now is the clock by which replies are timed; nil is [time.Now].
	Now func() time.Time
}

// examination is one run.
type examination struct {
	text    string   // the URL as it was given
	url     *url.URL // nil when it cannot be read
	timeout time.Duration
	reach   time.Duration
	now     func() time.Time
	usual   sender.Callback // what the endpoint has to answer
	token   string
	app     string // empty where none was given
	client  *http.Client
	clock   *serverClock
	found   []report.Finding
}

// Examine looks at the endpoint from the outside to the inside, and returns what
// it found in that order. It posts at most seven small requests, one after the
// other, and stops where what follows would only repeat a failure. What is wrong
// with the URL is a finding too. Ctx ends it early.
func Examine(ctx context.Context, o Options) []report.Finding {
	d := &examination{
		text: o.URL, app: o.App, token: o.Token, now: o.Now,
		timeout: o.Timeout, reach: o.Reach,
		usual: sender.Callback{URL: o.URL, App: o.App, Token: o.Token, Body: []byte("{}")},
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.timeout == 0 {
		d.timeout = verdict.Patience
	}
	if d.reach == 0 {
		d.reach = verdict.Patience
	}
	if u, err := url.Parse(o.URL); err == nil {
		d.url = u
	}
	switch {
	case o.Command != "":
		d.usual.Command, d.usual.Body = o.Command, o.Body
		d.usual.ClientIP, d.usual.Platform = "127.0.0.1", "RESTAPI"
	case o.App != "":
		d.usual.Command = Command
		d.usual.Body = fmt.Appendf(nil, `{"CallbackCommand":%q}`, Command)
	}
	d.examine(ctx)
	return d.found
}

// note adds findings and reports whether none of them is a failure.
func (d *examination) note(found ...report.Finding) bool {
	d.found = append(d.found, found...)
	return report.Failures(found) == 0
}

// examine goes from the outside to the inside, and stops where what follows
// would only repeat a failure. A Sign goes to nobody whose certificate is bad.
func (d *examination) examine(ctx context.Context) {
	if !d.note(checkAddress(d.text, d.url)...) || !d.note(d.lookUp(ctx)) {
		return
	}
	connected, trusted := d.connect(ctx)
	if !connected {
		return
	}
	if !trusted && d.token != "" {
		d.note(report.Doubtful("Sign", "no signed request was sent: whoever has this certificate may not be you", "repair the certificate first"))
		d.token, d.usual.Token = "", ""
	}
	d.client = sender.NewClient(1, !trusted)
	defer d.client.CloseIdleConnections()
	d.clock = &serverClock{next: d.client.Transport}
	d.client.Transport = d.clock
	defer func() { d.note(d.clock.check()...) }()
	if d.token == "" {
		d.withoutToken(ctx)
		return
	}
	d.refuses(ctx, d.answers(ctx))
}

// withoutToken asks the one thing that needs none, and takes the reply for an
// example where it should not have been given.
func (d *examination) withoutToken(ctx context.Context) {
	first, _ := d.ask(ctx, d.usual)
	if !d.note(refused("unsigned", sender.None.Flaw(), first)) && first.Err == nil && first.Status == http.StatusOK {
		d.note(d.reply("reply", d.usual, first))
		second, reused := d.ask(ctx, d.usual)
		d.note(inTime(first, second), kept(reused))
	}
	d.note(report.Doubtful("Sign", "not checked: the console's probe, a true callback, wrong and stale Signs, a foreign app", "give --app and --token-file"))
}
