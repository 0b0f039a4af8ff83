package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
)

// unsentError marks the error of a call that the plugin cannot have got, and
// leaves its text alone.
type unsentError struct{ error }

// Is makes it an ErrNotSent.
func (unsentError) Is(target error) bool { return target == ErrNotSent }

// Unwrap returns the error without the mark.
func (e unsentError) Unwrap() error { return e.error }

// late is the answer to a caller whose context has ended.
func late(ctx context.Context) (sdk.Reply, error) {
	return sdk.Reply{}, &sdk.Fault{
		Kind: sdk.KindTimeout,
		Err:  fmt.Errorf("wait for plugin: %w", context.Cause(ctx)),
	}
}

// tooLate is the answer to a caller whose context has ended before the plugin got
// the call.
func tooLate(ctx context.Context) (sdk.Reply, error) {
	return sdk.Reply{}, &sdk.Fault{
		Kind: sdk.KindTimeout,
		Err:  unsentError{fmt.Errorf("wait to send to plugin: %w", context.Cause(ctx))},
	}
}

// inTime returns what the plugin answered, except that a failure after the
// deadline is a timeout: the deadline ends the handler's context too, and the
// handler's complaint about that may be here before our own timer fires.
func inTime(ctx context.Context, reply sdk.Reply, err error) (sdk.Reply, error) {
	if err == nil || sdk.KindOf(err) != sdk.KindFailed {
		return reply, err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return expired(err)
	}
	return reply, err
}

func expired(err error) (sdk.Reply, error) {
	return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindTimeout, Err: fmt.Errorf("%w: plugin says: %w", context.DeadlineExceeded, err)}
}

func unavailable(err error) (sdk.Reply, error) {
	return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindUnavailable, Err: err}
}

// overloaded is the gateway's own refusal; a plugin's is an answer.
func overloaded(format string, args ...any) (sdk.Reply, error) {
	return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindOverloaded, Err: unsentError{fmt.Errorf(format, args...)}}
}

// callFault reads a gRPC error of a unary call. A plugin that keeps to the
// protocol sends none, so what comes is the link's own, or a plugin's mistake.
func callFault(ctx context.Context, err error) (sdk.Reply, error) {
	if ctx.Err() != nil {
		if errors.Is(err, ErrNotSent) {
			return tooLate(ctx)
		}
		return late(ctx)
	}
	fault := &sdk.Fault{Kind: sdk.KindFailed, Err: fmt.Errorf("call plugin: %w", err)}
	switch status.Code(err) { //nolint:exhaustive // the others are failures without a further meaning
	case codes.DeadlineExceeded:
		return expired(err)
	case codes.Unavailable, codes.Canceled:
		fault.Kind = sdk.KindUnavailable
	case codes.Unimplemented:
		fault.Kind = sdk.KindUnsupported
	case codes.ResourceExhausted:
		// The request was measured before; only the reply can be too large.
		fault.Kind = sdk.KindBadReply
	}
	return sdk.Reply{}, fault
}
