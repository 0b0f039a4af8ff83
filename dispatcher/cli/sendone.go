package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// sendReport is the result of one callback, for --output json.
type sendReport struct {
	Command string `json:"command"`
	App     string `json:"app"`
	Request string `json:"request"`
	Bytes   int    `json:"bytes"`
	Signed  bool   `json:"signed"`
	// Sign is good, or how the request was forged.
	Sign sender.Signing `json:"sign"`
	// Invented says that no page describes the body, and the least was posted.
	Invented bool `json:"invented,omitempty"`
	// Near are the commands that may have been meant, where no page documents the
	// one that was sent.
	Near []string `json:"near,omitempty"`
	// Handlers is null when no gateway was asked.
	Handlers []string `json:"handlers"`
	// Unready says of handlers that are not ready why.
	Unready map[string]string `json:"unready,omitempty"`
	// Unverified says that the certificate was taken as it is.
	Unverified bool `json:"unverified,omitempty"`
	Status     int  `json:"status"`
	// Outcome is what the gateway counted, where it could be asked and nothing else
	// came in between.
	Outcome string `json:"outcome,omitempty"`
	// Reply is the body as text, since it need not be JSON.
	Reply    string         `json:"reply"`
	OK       bool           `json:"ok"`
	Effect   verdict.Effect `json:"effect"`
	Meaning  string         `json:"meaning"`
	Flaws    []verdict.Flaw `json:"flaws"`
	TookMS   float64        `json:"took_ms"`
	BudgetMS float64        `json:"budget_ms"`
	// CallbackID is the gateway's name of the callback, where it said it.
	CallbackID string `json:"callback_id,omitempty"`
	// Deliveries are what became of each plugin's copy of an event that was accepted
	// durably, and Waits says of plugins what their copy still waits for.
	Deliveries []admin.InboxDelivery `json:"deliveries,omitempty"`
	Waits      map[string]string     `json:"waits,omitempty"`
	// Duplicate says that it was accepted and is not kept, since it was before.
	Duplicate bool `json:"duplicate,omitempty"`
}

// sendOne posts cb once and reports every detail.
func (c *console) sendOne(ctx context.Context, cb callback, f sendFlags) error {
	client := sender.NewClient(1, cb.unverified)
	defer client.CloseIdleConnections()
	line := cb.Line(time.Now())
	before := c.tally(ctx, &cb)
	answer := cb.Post(ctx, client, f.timeout)
	outcome := c.tally(ctx, &cb).since(before)
	v := cb.Judge(answer)
	r := sendReport{
		Command: cb.Command, App: cb.App, Request: line, Bytes: len(cb.Body), Signed: strings.Contains(line, "&Sign="), Sign: cb.Signing, Invented: cb.invented, Handlers: cb.handlers,
		Unready: cb.unready, Unverified: cb.unverified, Outcome: outcome,
		Status: answer.Status, Reply: string(answer.Body),
		OK: len(v.Flaws) == 0, Effect: v.Effect, Meaning: v.Meaning,
		Flaws: append([]verdict.Flaw{}, v.Flaws...), TookMS: report.Milliseconds(answer.Took), BudgetMS: report.Milliseconds(verdict.Patience),
	}
	r.CallbackID = answer.ID
	if _, listed := imevent.Spec(cb.Command); !listed {
		r.Near = nearCommands(cb.Command)
	}
	fate, err := c.report(ctx, &r, f)
	if err != nil {
		return err
	}
	if !r.OK && cb.Signing.Forged() {
		return fmt.Errorf("the forged request was not refused with 401 or 403: %s", verdict.Codes(v.Flaws))
	}
	if len(v.Flaws) > 0 {
		return fmt.Errorf("the reply counts as a failure: %s", verdict.Codes(v.Flaws))
	}
	return fate
}

// report prints r, with what became of the event: a person reads the reply while the
// plugins are still waited for. The second half of its answer, fate, is why the event
// is not handled.
func (c *console) report(ctx context.Context, r *sendReport, f sendFlags) (fate, err error) {
	if c.output == jsonOutput {
		fate = c.followDeliveries(ctx, r, f)
		return fate, c.print(r, r.write)
	}
	if err := c.print(r, r.write); err != nil {
		return nil, err
	}
	fate = c.followDeliveries(ctx, r, f)
	return fate, c.print(r, r.writeDeliveries)
}

// write puts the report into words.
func (r sendReport) write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%d bytes)\n", r.Request, r.Bytes)
	if len(r.Near) > 0 {
		fmt.Fprintf(&text, "no page documents the command %s; did you mean %s?\n", r.Command, strings.Join(r.Near, " or "))
	}
	if r.Invented {
		text.WriteString("the body is the least that names its command: no page of Tencent's describes it; --body FILE posts yours\n")
	}
	text.WriteString(trusted(r.Unverified))
	if r.Status != 0 {
		fmt.Fprintf(&text, "%d %s\n", r.Status, shown(r.Reply))
	}
	fmt.Fprintf(&text, "%s%s\n%s", goesTo(r.Handlers, r.Unready), r.Meaning, counted(r.Command, r.Outcome))
	for _, flaw := range r.Flaws {
		fmt.Fprintf(&text, "FAILURE %s: %s\n", flaw.Code, flaw.Text)
	}
	took := time.Duration(r.TookMS * float64(time.Millisecond))
	fmt.Fprintf(&text, "took %s of Tencent's %s\n", report.Round(took), verdict.Patience)
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// goesTo says which plugins the command is routed to, on a line of its own, as
// far as that is known. Whether any of them saw this callback is another matter:
// only its reply can tell.
func goesTo(handlers []string, unready map[string]string) string {
	switch {
	case handlers == nil:
		return ""
	case len(handlers) == 0:
		return "goes to NO PLUGIN: none claims the command, so the gateway answers by itself\n"
	}
	names := make([]string, len(handlers))
	for i, name := range handlers {
		names[i] = name
		if why := unready[name]; why != "" {
			names[i] += " (" + why + ")"
		}
	}
	return "goes to " + strings.Join(names, ", ") + "\n"
}

// trusted says on a line of its own that nobody looked at the certificate.
func trusted(unverified bool) string {
	if !unverified {
		return ""
	}
	return "the certificate is not verified: the address is the gateway's own on this machine; --url verifies\n"
}

// shown makes a reply fit for a terminal: JSON on one line, anything else
// quoted, and neither without end.
func shown(body string) string {
	const most = 4096
	var line bytes.Buffer
	if json.Compact(&line, []byte(body)) != nil {
		return fmt.Sprintf("%.*q", most, body)
	}
	if line.Len() > most {
		return string(line.Bytes()[:most]) + "…"
	}
	return line.String()
}
