package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// ask posts cb once. Reused is true when it went over a connection that an
// earlier one had opened.
func (d *doctor) ask(ctx context.Context, cb callback) (a Answer, reused bool) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
	})
	return cb.post(ctx, d.client, d.timeout), reused
}

// answers asks what has to be answered: the console's probe, and a callback
// where the app is known. It reports whether it makes sense to go on.
func (d *doctor) answers(ctx context.Context) bool {
	probe := callback{url: d.text, token: d.token, signing: signGood, body: []byte("{}")}
	first, _ := d.ask(ctx, probe)
	d.note(d.reply("console probe", probe, first))
	if first.Err != nil {
		return false
	}
	usual := probe
	if d.app == "" {
		d.note(doubtful("callback", "not checked: it names its app", "give --app"))
	} else {
		usual = d.usual
		answer, _ := d.ask(ctx, usual)
		d.note(d.reply("callback", usual, answer))
		answer.Took = max(first.Took, answer.Took)
		first = answer
	}
	switch {
	case first.Err == nil && first.Status == http.StatusOK:
		second, reused := d.ask(ctx, usual)
		d.note(inTime(first, second), kept(reused))
		return true
	default: // what is no such endpoint refuses nothing either
		return first.Err == nil && refusing(first.Status)
	}
}

// reply judges an answer as Tencent would.
func (d *doctor) reply(check string, cb callback, a Answer) finding {
	verdict := Judge(cb.judged(), a)
	contract, listed := imevent.Spec(cb.command)
	if !listed {
		contract = nil
	}
	if len(verdict.Flaws) == 0 {
		text := fmt.Sprintf("answered with %d and JSON that Tencent reads", a.Status)
		if listed {
			text += ": " + verdict.Meaning
		}
		return fine(check, text)
	}
	flaw := verdict.Flaws[0]
	advice := remedy(flaw.Code, a, contract)
	if flaw.Code == "status" && refusing(a.Status) {
		advice = "see that app and token are those of the endpoint, and that the clocks agree; switchhook verify-sign says which of them is off"
		if check == "console probe" {
			advice += "; the probe has Sign and RequestTime alone, so do not ask it for app or command"
		}
	}
	return broken(check, flaw.Text, advice)
}

// inTime compares the slower of two answers with what Tencent waits.
func inTime(first, second Answer) finding {
	took := max(first.Took, second.Took)
	text := fmt.Sprintf("%s of Tencent's %s", round(took), Patience)
	switch {
	case took > Patience:
		return broken("time", text, "answer first and work later; a decision needs a deadline of its own")
	case took > Patience/2:
		return doubtful("time", text+", without the way from Tencent to here", "leave room for the network")
	default:
		return fine("time", text)
	}
}

func kept(reused bool) finding {
	if reused {
		return fine("keep-alive", "the connection is kept between two callbacks")
	}
	return doubtful("keep-alive", "the connection is closed after a reply: every callback pays for a new one", "keep connections for a minute, in the proxy too")
}

// refuses asks what must not be answered.
func (d *doctor) refuses(ctx context.Context) {
	for _, forged := range []struct {
		check   string
		signing signing
	}{{"unsigned", signNone}, {"wrong Sign", signWrong}, {"stale Sign", signStale}} {
		cb := d.usual
		cb.signing = forged.signing
		answer, _ := d.ask(ctx, cb)
		d.note(refused(forged.check, forged.signing.flaw(), answer))
	}
	if d.app == "" {
		d.note(doubtful("foreign app", "not checked: which app is the right one is not known", "give --app"))
		return
	}
	foreign := d.usual
	foreign.app = foreignApp
	answer, _ := d.ask(ctx, foreign)
	d.note(refused("foreign app", "app "+foreignApp+" is nobody's", answer))
}

// refused looks whether a request was refused that has to be.
func refused(check, flaw string, a Answer) finding {
	switch {
	case a.Err != nil:
		return broken(check, "no answer, though it should be refused: "+unreceived(a).Text, "answer 403")
	case refusing(a.Status):
		return fine(check, fmt.Sprintf("refused with %d", a.Status))
	case a.Status == http.StatusOK:
		return broken(check, "answered as if it were Tencent's, though "+flaw+": anybody who reaches the URL can forge callbacks",
			"check SdkAppid, Sign and RequestTime before anything else, and answer 403")
	default:
		return broken(check, fmt.Sprintf("neither refused nor answered, but status %d", a.Status), "answer 403")
	}
}
