package sdktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Decision is what became of a callback. Each of its methods is an expectation: it
// fails the test unless it holds, and then says what happened instead and what
// Tencent would read. They return the Decision, for the next one.
type Decision struct {
	tb       testing.TB
	cb       sdk.Callback
	contract *imevent.Contract
	reply    sdk.Reply
	err      error
	refused  []target
}

// Decide sends a callback as [Sender.Send] does, with the time that Tencent waits,
// and returns what was decided:
//
//	link.Decide(t, "Group.CallbackBeforeSendMsg", body).Rejected(10100)
//
// A body that cannot be made ends the test.
func (s *Sender) Decide(tb testing.TB, command string, body any) *Decision {
	tb.Helper()
	cb, err := live(command, body)
	if err != nil {
		tb.Fatalf("send %s: %v", command, err)
	}
	reply, err := s.Deliver(tb.Context(), cb)
	return Judge(tb, cb, reply, err)
}

// Judge is [Sender.Decide] for what [Sender.Deliver] returned to the test itself.
func Judge(tb testing.TB, cb sdk.Callback, reply sdk.Reply, err error) *Decision {
	tb.Helper()
	d := &Decision{tb: tb, cb: cb, contract: imevent.ContractOf(cb.Command), reply: reply, err: err}
	if err == nil {
		d.refused = refusedIn(reply.Extra)
	}
	return d
}

// Reply returns the reply itself; it is zero when there was none.
func (d *Decision) Reply() sdk.Reply { return d.reply }

// Err returns the fault in place of a reply, or nil.
func (d *Decision) Err() error { return d.err }

// Acknowledged expects that an event was handled: the most that can be said of
// what has happened already. A chatbot's is acknowledged when it stays silent.
func (d *Decision) Acknowledged() *Decision {
	d.tb.Helper()
	return d.expect(d.err == nil && d.contract.Phase == imevent.After && d.answer() == "", "acknowledged")
}

// Answered expects that a chatbot is handed exactly this data, its RspData. One that
// stays silent is [Decision.Acknowledged].
func (d *Decision) Answered(data string) *Decision {
	d.tb.Helper()
	return d.expect(data != "" && d.answer() == data, fmt.Sprintf("answered with the data %q", data))
}

// Allowed expects that the operation goes on unchanged and for everybody.
func (d *Decision) Allowed() *Decision {
	d.tb.Helper()
	refused, partial := d.refuses()
	return d.expect(d.err == nil && d.contract.Phase == imevent.Before && !refused && !partial && !d.contract.Rewrites(d.reply), "allowed")
}

// Rejected expects that the operation is stopped for everybody, with that code:
// ErrorCode, or the ResultCode of every target where a command is answered target
// by target.
func (d *Decision) Rejected(code int) *Decision {
	d.tb.Helper()
	refused, _ := d.refuses()
	holds := refused && d.reply.Code == code
	if refused && d.reply.Code == 0 {
		holds = !slices.ContainsFunc(d.refused, func(t target) bool { return t.code != code })
	}
	return d.expect(holds, fmt.Sprintf("rejected with %d", code))
}

// Saying expects that who was rejected reads that text, or a longer one that
// contains it.
func (d *Decision) Saying(text string) *Decision {
	d.tb.Helper()
	said := strings.Contains(d.reply.Info, text) || slices.ContainsFunc(d.refused, func(t target) bool { return strings.Contains(t.info, text) })
	return d.expect(d.err == nil && said, fmt.Sprintf("answered with the text %q", text))
}

// Dropped expects that the message is not delivered while its sender sees success.
func (d *Decision) Dropped() *Decision {
	d.tb.Helper()
	return d.expect(d.dropped(), "dropped silently")
}

// Rewritten expects that the operation goes on, changed by these reply keys: an
// object in JSON as a string or []byte, or a value that is encoded as one, or nil
// for any change.
func (d *Decision) Rewritten(keys any) *Decision {
	d.tb.Helper()
	rewritten := d.err == nil && d.reply.Code == 0 && d.contract.Rewrites(d.reply)
	if !rewritten || keys == nil {
		return d.expect(rewritten, "rewritten")
	}
	want, err := encode(d.cb.Command, keys)
	if err != nil {
		d.tb.Fatalf("expect of %s: %v", d.cb.Command, err)
	}
	diff := cmp.Diff(decoded(d.tb, want), decoded(d.tb, d.reply.Extra))
	return d.expect(diff == "", "rewritten otherwise (-want +got):\n"+diff)
}

// RefusedTargets expects that exactly these accounts are refused, and nobody else
// of those that the body asks about. Their order means nothing.
func (d *Decision) RefusedTargets(accounts ...string) *Decision {
	d.tb.Helper()
	got := make([]string, 0, len(d.refused))
	for _, t := range d.refused {
		got = append(got, t.account)
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(accounts))
	return d.expect(d.err == nil && slices.Equal(slices.Compact(got), want), "refused for "+strings.Join(want, ", ")+" and nobody else")
}

// Malformed expects that the body was refused as not what the command promises.
func (d *Decision) Malformed() *Decision {
	d.tb.Helper()
	return d.Failed(sdk.KindMalformed)
}

// Failed expects a fault of that kind in place of a decision. sdk.KindBadReply is
// that of an answer which Tencent would misread.
func (d *Decision) Failed(kind sdk.FaultKind) *Decision {
	d.tb.Helper()
	return d.expect(d.err != nil && sdk.KindOf(d.err) == kind, "a fault: "+kind.String())
}

func (d *Decision) expect(holds bool, what string) *Decision {
	d.tb.Helper()
	if !holds {
		d.tb.Errorf("%s, and should have been %s\n%s", d, what, d.read())
	}
	return d
}

func (d *Decision) refuses() (refused, partial bool) {
	if d.err != nil {
		return false, false
	}
	return d.contract.Refuses(d.cb, d.reply)
}

// answer returns the data that a chatbot is handed; empty where it is handed none.
func (d *Decision) answer() string {
	var keys struct {
		Data string `json:"RspData"`
	}
	if d.err != nil || !slices.Contains(d.contract.ReplyKeys, "RspData") || json.Unmarshal(d.reply.Extra, &keys) != nil {
		return ""
	}
	return keys.Data
}

func (d *Decision) dropped() bool { return d.err == nil && d.contract.Drops(d.reply) }

// decoded reads JSON for a comparison in which the order of keys means nothing and
// numbers keep their digits.
func decoded(tb testing.TB, text []byte) any {
	tb.Helper()
	var value any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		tb.Fatalf("read %s: %v", text, err)
	}
	return value
}
