package verdict

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Patience is how long Tencent waits for a reply (Webhook Overview, "Timeout").
const Patience = 2 * time.Second

// Answer is what came back for one callback, or that nothing did.
type Answer struct {
	// Status is the HTTP status, zero when none arrived.
	Status int
	// Body is the reply, byte for byte.
	Body []byte
	// ID is the gateway's name of the callback, where a gateway of the house said it.
	ID string
	// Took is the time from the first byte sent to the last one read.
	Took time.Duration
	// Err says why there is no whole reply.
	Err error
}

// Flaw is one reason for which Tencent counts a reply as a failure. Codes are
// stable and few, so that flaws can be counted.
type Flaw struct {
	// Code names the kind of flaw, such as "late" or "not_json".
	Code string `json:"code"`
	// Text says what is wrong with this reply, and what would be right.
	Text string `json:"text"`
}

// Verdict is what Tencent makes of an answer.
type Verdict struct {
	// Effect is what happens to the operation or the event, as one word.
	Effect Effect
	// Meaning says the same as a sentence.
	Meaning string
	// Flaws is empty when Tencent reads the reply as it was meant.
	Flaws []Flaw
}

// Judge reads an answer to cb as Tencent would. What the reply's codes and keys
// mean comes from the command's row in package imevent; a command without a row
// is judged by its shape alone. Judge looks at cb and a and nothing else, and may
// be called from several goroutines at once.
func Judge(cb sdk.Callback, a Answer) Verdict {
	contract, known := imevent.Spec(cb.Command)
	reply, flaws := readAnswer(a)
	if known && len(flaws) == 0 {
		flaws = misread(contract.Check(cb, reply))
	}
	v := Verdict{Flaws: flaws}
	switch {
	case !known:
		v.Effect, v.Meaning = EffectUnknown, unlisted(reply, flaws)
	case len(flaws) > 0:
		v.Effect, v.Meaning = unanswered(contract)
	default:
		v.Effect, v.Meaning = answered(contract, cb, reply)
	}
	return v
}

// misread turns a complaint of the command's row into a flaw.
func misread(err error) []Flaw {
	if err == nil {
		return nil
	}
	return []Flaw{{"misread", err.Error()}}
}

// readAnswer returns the reply in a, or why Tencent would not find one.
func readAnswer(a Answer) (sdk.Reply, []Flaw) {
	if a.Err != nil {
		return sdk.Reply{}, []Flaw{unreceived(a)}
	}
	var flaws []Flaw
	if a.Took > Patience {
		flaws = append(flaws, Flaw{"late", fmt.Sprintf("the reply took %s; Tencent stops waiting after %s", report.Round(a.Took), Patience)})
	}
	if a.Status != http.StatusOK {
		return sdk.Reply{}, append(flaws, wrongStatus(a))
	}
	keys, flaw := object(a.Body)
	if flaw != nil {
		return sdk.Reply{}, append(flaws, *flaw)
	}
	reply, more := standardKeys(keys)
	return reply, append(flaws, more...)
}

func unreceived(a Answer) Flaw {
	if errors.Is(a.Err, context.DeadlineExceeded) || errors.Is(a.Err, os.ErrDeadlineExceeded) {
		return Flaw{"late", fmt.Sprintf("no whole reply within %s; Tencent stops waiting after %s", report.Round(a.Took), Patience)}
	}
	return Flaw{"no_reply", a.Err.Error()}
}

func wrongStatus(a Answer) Flaw {
	text := fmt.Sprintf("status %d %s; Tencent reads a body only with status 200", a.Status, http.StatusText(a.Status))
	switch {
	case a.Status == http.StatusForbidden:
		text += " (the app is unknown there, or the Sign is missing, wrong or stale)"
	case a.Status >= 300 && a.Status < 400:
		text += " and follows no redirect"
	}
	if body := bytes.TrimSpace(a.Body); len(body) > 0 {
		text += ": " + excerpt(body)
	}
	return Flaw{"status", text}
}

// object reads body as the one JSON object that it has to be.
func object(body []byte) (map[string]json.RawMessage, *Flaw) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, &Flaw{"empty_body", "the body is empty; the least that Tencent reads is " + okBody}
	case body[0] == '<':
		return nil, &Flaw{"html", "the body is a page, not JSON: " + excerpt(body)}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	var first json.RawMessage
	if err := dec.Decode(&first); err != nil {
		return nil, &Flaw{"not_json", fmt.Sprintf("the body is not JSON (%v): %s", err, excerpt(body))}
	}
	if rest := bytes.TrimSpace(body[dec.InputOffset():]); len(rest) > 0 {
		return nil, trailing(rest)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(first, &keys); err != nil || keys == nil {
		return nil, notAnObject(first)
	}
	if key, found := twice(first); found {
		return nil, &Flaw{"duplicate_key", report.Visible(key) + " stands there twice: no page says which of the two Tencent reads"}
	}
	return keys, nil
}

// twice returns the first key that an object has a second time, spelt alike.
func twice(object json.RawMessage) (key string, found bool) {
	dec := json.NewDecoder(bytes.NewReader(object))
	seen := make(map[string]bool)
	if _, err := dec.Token(); err != nil {
		return "", false // cannot be: the object has been read before
	}
	for dec.More() {
		token, err := dec.Token()
		var value json.RawMessage
		if err != nil || dec.Decode(&value) != nil {
			return "", false
		}
		key, _ = token.(string)
		if seen[key] {
			return key, true
		}
		seen[key] = true
	}
	return "", false
}

const okBody = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`

func trailing(rest []byte) *Flaw {
	var second json.RawMessage
	if json.NewDecoder(bytes.NewReader(rest)).Decode(&second) == nil {
		return &Flaw{"two_bodies", "two bodies stand one after the other; the second begins " + excerpt(rest)}
	}
	return &Flaw{"not_json", "the object is followed by " + excerpt(rest)}
}

func notAnObject(value json.RawMessage) *Flaw {
	var text string
	if json.Unmarshal(value, &text) == nil && strings.HasPrefix(strings.TrimSpace(text), "{") {
		return &Flaw{"json_in_string", "the body is a JSON string that holds JSON: it was encoded twice"}
	}
	return &Flaw{"not_object", "the body is JSON, but not an object: " + excerpt(value)}
}

// excerpt quotes the start of text on one line.
func excerpt(text []byte) string {
	const most = 80
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

// Codes lists the codes of flaws, each once, for one line.
func Codes(flaws []Flaw) string {
	var names []string
	for _, flaw := range flaws {
		if !slices.Contains(names, flaw.Code) {
			names = append(names, flaw.Code)
		}
	}
	return strings.Join(names, ", ")
}
