package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// What keeps a gateway from its log. Waiting mends [ErrUnreachable], and nothing else.
var (
	// ErrUnreachable: no server answers, or the servers have no leader at the moment.
	ErrUnreachable = errors.New("NATS cannot be reached")
	// ErrConfig: the configuration names what does not exist, or cannot be.
	ErrConfig = errors.New("NATS is configured wrongly")
	// ErrTLS: one side does not trust the other, or speaks no TLS.
	ErrTLS = errors.New("no TLS with NATS")
	// ErrDenied: the servers do not know us, or do not let us do what we need.
	ErrDenied = errors.New("NATS denies it")
	// ErrTooOld: a server is older than the log needs.
	ErrTooOld = errors.New("a NATS server is too old")
	// ErrNoJetStream: the servers, or the account, have no JetStream.
	ErrNoJetStream = errors.New("no JetStream")
	// ErrShape: what we need exists in another shape, or cannot be made as we need it.
	ErrShape = errors.New("JetStream has it otherwise")
)

// What a log says.
var (
	// ErrUnknown: nobody answered whether the entry was written. It may be in the log,
	// and may still come; to append it again with the same id tells.
	ErrUnknown = errors.New("it is not known whether it was written")
	// ErrGap: what comes next is not in the log any more.
	ErrGap = errors.New("the log does not go back far enough")
	// ErrOther: the log has another entry where the one was that comes before.
	ErrOther = errors.New("the log has another entry in that place")
	// ErrAnew: the stream was deleted and made again since we connected.
	ErrAnew = errors.New("the log was made anew")
	// ErrNewer: a newer gateway wrote what this one cannot read.
	ErrNewer = errors.New("written by a newer version of Switchhook")
)

// The codes of JetStream's API that nats.go has no name for.
const (
	codeAccountResources   = 10002
	codeNoPeers            = 10005
	codeInsufficient       = 10023
	codeMaxStreams         = 10027
	codeMemoryResources    = 10028
	codeStorageResources   = 10047
	codeStreamLimits       = 10053
	codeOverlap            = 10065
	codeReplicas           = 10074
	codeStoreFailed        = 10077
	codeMaxBytesRequired   = 10113
	codeNoLimits           = 10120
	codeDuplicateInProcess = 10158
	codeIncompleteBatch    = 10176
	codeBatchDuplicate     = 10201
	codeBatchesInFlight    = 10210
)

// full reports whether JetStream has no room for a message.
func full(err *jetstream.APIError) bool {
	switch err.ErrorCode {
	case codeAccountResources, codeInsufficient, codeStorageResources, codeMemoryResources:
		return true
	case codeStoreFailed: // of many reasons
		return strings.Contains(err.Description, "maximum bytes exceeded") ||
			strings.Contains(err.Description, "maximum messages exceeded") ||
			strings.Contains(err.Description, "no space left")
	default:
		return false
	}
}

// passing reports whether JetStream answers otherwise once it has a leader again.
func passing(err *jetstream.APIError) bool {
	switch err.ErrorCode {
	case codeDuplicateInProcess, codeIncompleteBatch, codeBatchesInFlight:
		return true
	default:
		return err.Code == 503 || err.Code == 408 || err.Code == 500
	}
}

// reached says of an error whether nobody was reached. Where nothing is connected the
// library speaks of a buffer, which has no room because it is to have none.
func reached(err error) error {
	switch {
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("%w: not connected", ErrUnreachable)
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("%w: it has no leader: %w", ErrUnreachable, err)
	default:
		return err
	}
}

// api says what an error of a request means; what is the verb and the noun.
func (c *Cluster) api(what string, err error) error {
	var refused *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && full(refused):
		return fmt.Errorf("%s: %w: %w", what, store.ErrFull, err)
	case errors.As(err, &refused) && !passing(refused):
		return fmt.Errorf("%s: %w", what, err)
	}
	if subject := c.state.denial(); subject != "" {
		return fmt.Errorf("%s: %w: %s: the user of inbox.nats needs the permissions of docs/scaling.md", what, ErrDenied, subject)
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", what, err)
	}
	if errors.Is(err, nats.ErrReconnectBufExceeded) {
		return fmt.Errorf("%s: %w", what, reached(err))
	}
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) {
		return fmt.Errorf("%s: %w: the stream has no leader: %w", what, ErrUnreachable, err)
	}
	return fmt.Errorf("%s: %w: %w", what, ErrUnreachable, err)
}
