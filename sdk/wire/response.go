package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// maxFaultText is how much of an error's text travels, in bytes.
const maxFaultText = 4 << 10

// fillResponse writes the outcome of a call into m, on the plugin's side. What
// the link cannot carry becomes a bad reply with a reason, since a message that
// gRPC refuses would end the stream for all others.
func fillResponse(m *wirepb.HandleResponse, reply sdk.Reply, err error) {
	if err == nil {
		err = unfit(reply)
	}
	if err != nil {
		fillFault(m, err)
		return
	}
	m.Result = wirepb.Result_RESULT_HANDLED
	m.ErrorCode = int32(reply.Code) //nolint:gosec // unfit has looked at the range
	m.ErrorInfo = text(reply.Info)
	m.Extra = reply.Extra
}

func unfit(r sdk.Reply) error {
	if size := len(r.Info) + len(r.Extra); size > MaxBody {
		return &sdk.Fault{Kind: sdk.KindBadReply, Err: fmt.Errorf("a reply of %d bytes is above the limit of %d", size, MaxBody)}
	}
	if r.Code > math.MaxInt32 || r.Code < math.MinInt32 {
		return &sdk.Fault{Kind: sdk.KindBadReply, Err: fmt.Errorf("error code %d does not fit 32 bits", r.Code)}
	}
	return nil
}

func fillFault(m *wirepb.HandleResponse, err error) {
	switch sdk.KindOf(err) {
	case sdk.KindPermanent:
		m.Result = wirepb.Result_RESULT_PERMANENT
	case sdk.KindMalformed:
		m.Result = wirepb.Result_RESULT_MALFORMED
	case sdk.KindOverloaded:
		m.Result = wirepb.Result_RESULT_OVERLOADED
	case sdk.KindUnsupported:
		m.Result = wirepb.Result_RESULT_UNSUPPORTED
	case sdk.KindBadReply:
		m.Result = wirepb.Result_RESULT_UNSPECIFIED
	case sdk.KindFailed, sdk.KindUnavailable, sdk.KindTimeout:
		// Unavailable and timeout are the gateway's findings about the link. A
		// handler that reports them means a service of its own.
		m.Result = wirepb.Result_RESULT_FAILED
	}
	if f, ok := errors.AsType[*sdk.Fault](err); ok {
		m.RetryAfterNanos = max(0, int64(f.RetryAfter))
	}
	m.ErrorInfo = cut(err.Error())
}

// cut shortens a text for the operator to what may travel.
func cut(reason string) string {
	if len(reason) > maxFaultText {
		reason = reason[:maxFaultText] + " …"
	}
	return text(reason)
}

// outcome reads what the plugin answered, on the gateway's side. The error is
// always a fault.
func outcome(m *wirepb.HandleResponse) (sdk.Reply, error) {
	var kind sdk.FaultKind
	switch m.GetResult() {
	case wirepb.Result_RESULT_HANDLED:
		return handled(m)
	case wirepb.Result_RESULT_FAILED:
		kind = sdk.KindFailed
	case wirepb.Result_RESULT_PERMANENT:
		kind = sdk.KindPermanent
	case wirepb.Result_RESULT_MALFORMED:
		kind = sdk.KindMalformed
	case wirepb.Result_RESULT_OVERLOADED:
		if m.GetErrorInfo() == draining {
			return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindOverloaded, Err: unsentError{ErrDraining}}
		}
		kind = sdk.KindOverloaded
	case wirepb.Result_RESULT_UNSUPPORTED:
		kind = sdk.KindUnsupported
	case wirepb.Result_RESULT_UNSPECIFIED:
		kind = sdk.KindBadReply
	default:
		return badReply("result %d is unknown", m.GetResult())
	}
	fault := &sdk.Fault{Kind: kind, RetryAfter: max(0, time.Duration(m.GetRetryAfterNanos()))}
	if m.GetErrorInfo() != "" {
		fault.Err = errors.New(m.GetErrorInfo())
	}
	return sdk.Reply{}, fault
}

func handled(m *wirepb.HandleResponse) (sdk.Reply, error) {
	reply := sdk.Reply{Code: int(m.GetErrorCode()), Info: m.GetErrorInfo()}
	if err := unfit(sdk.Reply{Info: reply.Info, Extra: m.GetExtra()}); err != nil {
		return sdk.Reply{}, err
	}
	if len(m.GetExtra()) == 0 {
		return reply, nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(m.GetExtra(), &keys); err != nil {
		return badReply("extra is not a JSON object: %w", err)
	}
	if keys == nil {
		return badReply("extra is null, not a JSON object")
	}
	for key := range keys {
		for _, standard := range [...]string{"ActionStatus", "ErrorCode", "ErrorInfo"} {
			if strings.EqualFold(key, standard) {
				return badReply("extra has the standard key %q", key)
			}
		}
	}
	reply.Extra = m.GetExtra()
	return reply, nil
}

func badReply(format string, args ...any) (sdk.Reply, error) {
	return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindBadReply, Err: fmt.Errorf(format, args...)}
}
