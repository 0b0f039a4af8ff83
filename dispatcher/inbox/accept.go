package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// retryFull is the least wait that is worth while before a callback is sent again to
// an inbox that could not keep it.
const retryFull = 5 * time.Second

// Accept keeps cb for each of the plugins and returns once that is safe. It is what
// [dispatcher.Options.Accept] wants. The error is an overloaded fault where there is
// no room, or too many wait to be written; and an unavailable one where the store
// fails. A second callback of a key that proves the occurrence is accepted, and not
// delivered again.
func (b *Inbox) Accept(ctx context.Context, cb sdk.Callback, plugins []string) error {
	key, once := b.options.Key(cb)
	a := store.Append{Once: once, Plugins: plugins, Event: store.Event{
		ID: cb.ID, Key: key, Command: cb.Command, AppID: cb.AppID, ClientIP: cb.ClientIP, Platform: cb.Platform,
		// What a store gives back: every attempt has the same.
		ReceivedAt: cb.ReceivedAt.UTC().Truncate(time.Microsecond), Body: cb.Body,
	}}
	duplicate, err := b.committer.Append(ctx, a)
	if errors.Is(err, store.ErrFull) && b.settings.Load().OnFull == Stall {
		duplicate, err = b.stalls.hold(ctx, cb.ReceivedAt, err, b.committer, a)
	}
	if err != nil {
		b.metrics.appendErrors.Inc()
		return b.asFault(cb, err)
	}
	if duplicate {
		b.metrics.duplicate(cb.Command)
		if b.options.Duplicate != nil {
			b.options.Duplicate(cb)
		}
		b.options.Logger.DebugContext(ctx, "callback accepted before: not delivered again", "id", cb.ID, "app", cb.AppID, "command", cb.Command)
	}
	return nil
}

// asFault says of a callback that was not kept what is to be done about it.
func (b *Inbox) asFault(cb sdk.Callback, err error) error {
	fault := &sdk.Fault{}
	switch {
	case errors.As(err, &fault):
		return fmt.Errorf("keep %s: %w", cb.Command, err)
	case errors.Is(err, store.ErrFull):
		return sdk.Overloaded(retryFull, fmt.Errorf("keep %s: %w; %s", cb.Command, err, howToMakeRoom))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &sdk.Fault{Kind: sdk.KindTimeout, Err: fmt.Errorf("keep %s: %w", cb.Command, err)}
	default:
		return &sdk.Fault{
			Kind: sdk.KindUnavailable, RetryAfter: retryFull,
			Err: fmt.Errorf("keep %s: %w; %s", cb.Command, err, b.howToMend()),
		}
	}
}

// What an operator does about it.
const (
	howToMakeRoom = "what waits and what is dead is never let go of: see with `switchhook inbox status` which plugin does not keep up " +
		"or has dead letters to replay or drop, free disk space, or raise inbox.max_bytes"
	howToMendDisk    = "see that the disk of the data dir is well and can be written; nothing has to be restarted"
	howToMendCluster = "`switchhook doctor nats` says what is wrong with the cluster of inbox.nats; nothing has to be restarted"
)

// howToMend is what an operator does about a store that fails.
func (b *Inbox) howToMend() string {
	if b.share != nil {
		return howToMendCluster
	}
	return howToMendDisk
}
