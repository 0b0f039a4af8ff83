package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// ask posts cb once and times it by the examination's own clock. Reused is true
// when it went over a connection that an earlier one had opened.
func (d *examination) ask(ctx context.Context, cb sender.Callback) (a verdict.Answer, reused bool) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
	})
	start := d.now()
	a = cb.Post(ctx, d.client, d.timeout)
	a.Took = d.now().Sub(start)
	return a, reused
}

// answers asks what has to be answered: the console's probe, and a callback
// where the app is known. It returns what came back for the last of them.
func (d *examination) answers(ctx context.Context) verdict.Answer {
	probe := sender.Callback{URL: d.text, Token: d.token, Body: []byte("{}")}
	first, _ := d.ask(ctx, probe)
	d.note(d.reply("console probe", probe, first))
	if first.Err != nil {
		return first
	}
	usual := probe
	if d.app == "" {
		d.note(report.Doubtful("callback", "not checked: it names its app", "give --app"))
	} else {
		usual = d.usual
		answer, _ := d.ask(ctx, usual)
		d.note(d.reply("callback", usual, answer))
		answer.Took = max(first.Took, answer.Took)
		first = answer
	}
	if first.Err == nil && first.Status == http.StatusOK {
		second, reused := d.ask(ctx, usual)
		d.note(inTime(first, second), kept(reused))
	}
	return first
}

// reply judges an answer as Tencent would.
func (d *examination) reply(check string, cb sender.Callback, a verdict.Answer) report.Finding {
	v := cb.Judge(a)
	if len(v.Flaws) == 0 {
		text := fmt.Sprintf("answered with %d and JSON that Tencent reads", a.Status)
		if _, listed := imevent.Spec(cb.Command); listed {
			text += ": " + v.Meaning
		}
		return report.Fine(check, text)
	}
	flaw := v.Flaws[0]
	advice := verdict.Remedy(cb.Command, a, flaw)
	if flaw.Code == "status" && verdict.Refuses(a.Status) {
		advice = "see that app and token are those of the endpoint, and that the clocks agree; switchhook verify-sign says which of them is off"
		if check == "console probe" {
			advice += "; the probe has Sign and RequestTime alone, so do not ask it for app or command"
		}
	}
	return report.Broken(check, flaw.Text, advice)
}

// inTime compares the slower of two answers with what Tencent waits.
func inTime(first, second verdict.Answer) report.Finding {
	took := max(first.Took, second.Took)
	text := fmt.Sprintf("%s of Tencent's %s", report.Round(took), verdict.Patience)
	switch {
	case took > verdict.Patience:
		return report.Broken("time", text, "answer first and work later; a decision needs a deadline of its own")
	case took > verdict.Patience/2:
		return report.Doubtful("time", text+", without the way from Tencent to here", "leave room for the network")
	default:
		return report.Fine("time", text)
	}
}

func kept(reused bool) report.Finding {
	if reused {
		return report.Fine("keep-alive", "the connection is kept between two callbacks")
	}
	return report.Doubtful("keep-alive", "the connection is closed after a reply: every callback pays for a new one", "keep connections for a minute, in the proxy too")
}

// refuses asks what must not be answered. Whoever has not answered what is true is
// not asked: where that was refused, a refusal proves nothing, and what is no such
// endpoint refuses nothing either.
func (d *examination) refuses(ctx context.Context, first verdict.Answer) {
	switch {
	case first.Err == nil && first.Status == http.StatusOK:
	case first.Err == nil && verdict.Refuses(first.Status):
		d.forge(ctx, "unsigned", sender.None)
		d.note(report.Doubtful("the rest", "not checked: a true request is refused, so that wrong and stale Signs and a foreign app are refused too would prove nothing", "repair that first"))
		return
	default:
		d.note(report.Doubtful("the rest", "not checked: time, keep-alive, unsigned requests, wrong and stale Signs, a foreign app", "repair what fails first"))
		return
	}
	d.forge(ctx, "unsigned", sender.None)
	d.forge(ctx, "wrong Sign", sender.Wrong)
	d.forge(ctx, "stale Sign", sender.Stale)
	if d.app == "" {
		d.note(report.Doubtful("foreign app", "not checked: which app is the right one is not known", "give --app"))
		return
	}
	foreign := d.usual
	foreign.App = foreignApp
	answer, _ := d.ask(ctx, foreign)
	d.note(refused("foreign app", "app "+foreignApp+" is nobody's", answer))
}

// forge posts the usual callback with another Sign than Tencent's.
func (d *examination) forge(ctx context.Context, check string, signing sender.Signing) {
	cb := d.usual
	cb.Signing = signing
	answer, _ := d.ask(ctx, cb)
	d.note(refused(check, signing.Flaw(), answer))
}

// refused looks whether a request was refused that has to be.
func refused(check, flaw string, a verdict.Answer) report.Finding {
	v := verdict.JudgeForged(a, flaw)
	switch {
	case v.Effect == verdict.EffectTurnedAway && len(v.Flaws) > 0:
		return report.Doubtful(check, fmt.Sprintf("refused in the body with %d, which looks like a handler that failed", a.Status), "answer 403")
	case v.Effect == verdict.EffectTurnedAway:
		return report.Fine(check, fmt.Sprintf("refused with %d", a.Status))
	case v.Effect == verdict.EffectLetIn:
		return report.Broken(check, "answered as if it were Tencent's, though "+flaw+": anybody who reaches the URL can forge callbacks",
			"check SdkAppid, Sign and RequestTime before anything else, and answer 403")
	case a.Err != nil:
		return report.Broken(check, "no answer, though it should be refused: "+v.Flaws[0].Text, "answer 403")
	default:
		return report.Broken(check, fmt.Sprintf("neither refused nor answered, but status %d", a.Status), instead(a.Status))
	}
}

// instead says what to do about a status that is neither an answer nor a refusal.
func instead(status int) string {
	switch {
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return "compare the path with the server's, letter by letter; a request that is not Tencent's gets 403 there"
	case status >= 300 && status < 400:
		return "give the address that is redirected to, here and in the console"
	default:
		return "answer 403"
	}
}
