package sdk

import (
	"context"
	"errors"
	"time"
)

// Fault is the only error with a meaning: its Kind says whether another attempt
// can help. Read it with errors.As, or [KindOf].
type Fault struct {
	// Kind says what went wrong, as far as the caller has to know.
	Kind FaultKind
	// RetryAfter is the shortest wait that makes another attempt worthwhile;
	// zero leaves the wait to the caller.
	RetryAfter time.Duration
	// Err is the cause. Its text goes to the operator's log, never to Tencent.
	Err error
}

// FaultKind is the closed set of things that can go wrong with a delivery.
type FaultKind uint8

// The kinds of fault. A plugin may report the first five; the others are the
// gateway's own findings.
const (
	// KindFailed: the handler could not do its work this time.
	KindFailed FaultKind = iota
	// KindPermanent: the handler will never be able to do it.
	KindPermanent
	// KindMalformed: the body is not what the command promises.
	KindMalformed
	// KindOverloaded: there is no room for the callback right now.
	KindOverloaded
	// KindUnsupported: the handler does not know the command or the purpose.
	KindUnsupported
	// KindUnavailable: no handler process could be reached.
	KindUnavailable
	// KindTimeout: the answer did not come in time.
	KindTimeout
	// KindBadReply: the handler answered something that Tencent would misread.
	KindBadReply
)

// String returns the kind's name in logs and metrics.
func (k FaultKind) String() string {
	switch k {
	case KindFailed:
		return "failed"
	case KindPermanent:
		return "permanent"
	case KindMalformed:
		return "malformed"
	case KindOverloaded:
		return "overloaded"
	case KindUnsupported:
		return "unsupported"
	case KindUnavailable:
		return "unavailable"
	case KindTimeout:
		return "timeout"
	case KindBadReply:
		return "bad_reply"
	default:
		return "unknown"
	}
}

// Retryable reports whether another attempt may succeed.
func (k FaultKind) Retryable() bool {
	switch k {
	case KindFailed, KindOverloaded, KindUnavailable, KindTimeout:
		return true
	default:
		return false
	}
}

// Error returns the cause's text, or the kind where there is no cause.
func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Kind.String()
	}
	return f.Err.Error()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Permanent marks err as one that no further attempt can cure: an event so
// marked goes to the dead letters at once.
func Permanent(err error) error { return &Fault{Kind: KindPermanent, Err: err} }

// Malformed marks err as a complaint about the body. Like a permanent fault it
// is not tried again, and it is counted apart.
func Malformed(err error) error { return &Fault{Kind: KindMalformed, Err: err} }

// Overloaded says that the handler has no room; try again no sooner than after
// wait, where wait is positive.
func Overloaded(wait time.Duration, err error) error {
	return &Fault{Kind: KindOverloaded, RetryAfter: wait, Err: err}
}

// RetryAfter marks err as curable, and worth no attempt before wait is over.
func RetryAfter(wait time.Duration, err error) error {
	return &Fault{Kind: KindFailed, RetryAfter: wait, Err: err}
}

// KindOf returns the kind of err: a [Fault]'s own, KindTimeout for an expired
// context deadline, KindFailed for everything else. It must not be asked of nil.
func KindOf(err error) FaultKind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return KindTimeout
	}
	return KindFailed
}
