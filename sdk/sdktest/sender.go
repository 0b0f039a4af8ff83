package sdktest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// AppID is the SDKAppID that [Sender.Send] sends under.
const AppID = "1400000001"

// Sender hands callbacks to a handler and looks at its replies as the gateway
// does. A [Link] is one; [Handler] makes one without a plugin. Its methods may be
// called from many goroutines at once, as far as the handler allows.
type Sender struct {
	handler sdk.Handler
}

// Handler returns a Sender for a handler alone, most often a [sdk.Mux]: no
// plugin, no link and no life, for tests of what it decides.
func Handler(h sdk.Handler) *Sender { return &Sender{handler: bare{h}} }

// bare calls a handler as the link would: its errors are faults, and it survives
// a panic.
type bare struct{ handler sdk.Handler }

func (b bare) Handle(ctx context.Context, cb sdk.Callback) (reply sdk.Reply, err error) {
	defer func() {
		if value := recover(); value != nil {
			reply, err = sdk.Reply{}, &sdk.Fault{Err: fmt.Errorf("handler panicked: %v\n%s", value, debug.Stack())}
		}
	}()
	reply, err = b.handler.Handle(ctx, cb)
	if err == nil {
		return reply, nil
	}
	if fault, ok := errors.AsType[*sdk.Fault](err); ok {
		return sdk.Reply{}, fault
	}
	return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindOf(err), Err: err}
}

// Send has the plugin answer a live callback and returns its reply, as the
// gateway would take it: a reply that Tencent would misread is a bad-reply
// fault. The callback has an ID of its own, and the Key that the gateway would give
// it. A ctx without a deadline gets the two seconds that Tencent waits.
//
// body is the request body as a string or []byte, or a value that is encoded as
// JSON, or nil for the command's sample, or that sample changed; see [With].
func (s *Sender) Send(ctx context.Context, command string, body any) (sdk.Reply, error) {
	cb, err := live(command, body)
	if err != nil {
		return sdk.Reply{}, err
	}
	return s.Deliver(ctx, cb)
}

// live makes the callback that Send sends.
func live(command string, body any) (sdk.Callback, error) {
	raw, err := encode(command, body)
	cb := sdk.Callback{
		ID:         "sdktest-" + rand.Text(),
		Command:    command,
		AppID:      AppID,
		ClientIP:   "203.0.113.7",
		Platform:   "iOS",
		ReceivedAt: time.Now(),
		Attempt:    1,
		Body:       raw,
	}
	cb.Key, _ = imevent.ContractOf(command).Key(cb)
	return cb, err
}

// Deliver is [Sender.Send] for a callback of the test's own making, such as one
// that comes a second time or from another app.
func (s *Sender) Deliver(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, tencentWaits)
		defer cancel()
	}
	reply, err := s.handler.Handle(ctx, cb)
	if err != nil {
		return sdk.Reply{}, err
	}
	if err := imevent.ContractOf(cb.Command).Check(cb, reply); err != nil {
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindBadReply, Err: err}
	}
	return reply, nil
}

const tencentWaits = 2 * time.Second

func encode(command string, body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		raw, ok := samples.Request(command)
		if !ok {
			return nil, fmt.Errorf("there is no sample of %s: give a body", command)
		}
		return raw, nil
	case Edits:
		return body.Body(command)
	case string:
		return []byte(body), nil
	case []byte:
		return body, nil
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode body of %s: %w", command, err)
		}
		return raw, nil
	}
}
