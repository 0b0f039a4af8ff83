package keeper

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func (k *keeper) added(ctx context.Context, cb sdk.Callback, ev imevent.SnsBlackListAddEvent) (sdk.Ack, error) {
	return sdk.Ack{}, k.record(ctx, cb, store.Blocked, ev.PairList)
}

func (k *keeper) deleted(ctx context.Context, cb sdk.Callback, ev imevent.SnsBlackListDeleteEvent) (sdk.Ack, error) {
	return sdk.Ack{}, k.record(ctx, cb, store.Unblocked, ev.PairList)
}

// record writes all of one callback, or nothing of it.
func (k *keeper) record(ctx context.Context, cb sdk.Callback, state store.State, listed []imevent.SnsPair) error {
	if len(listed) == 0 {
		return k.empty(ctx, cb, listed != nil)
	}
	pairs, err := complete(listed)
	if err != nil {
		return sdk.Malformed(fmt.Errorf("read %s: %w", cb.Command, err))
	}
	if cb.Purpose == sdk.DryRun {
		return nil
	}
	defer k.metrics.timed(time.Now())
	changed, err := k.store.Apply(ctx, store.Change{
		App: cb.AppID, State: state, Pairs: pairs,
		At: cb.ReceivedAt, CallbackID: cb.ID,
		ClientIP: cb.ClientIP, Platform: cb.Platform,
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", cb.Command, err)
	}
	k.metrics.wrote(state, len(pairs), changed)
	k.log.LogAttrs(ctx, slog.LevelDebug, "blacklist written",
		slog.String("callback_id", cb.ID), slog.String("app", cb.AppID), slog.String("state", string(state)),
		slog.Int("pairs", len(pairs)), slog.Int64("changed", changed))
	return nil
}

// empty counts a callback whose list is empty. One without a list is another
// matter: it says nothing of what happened, and if Tencent ever renamed the key,
// an OK would lose every later block unseen; malformed, the bodies are kept.
func (k *keeper) empty(ctx context.Context, cb sdk.Callback, list bool) error {
	if !list {
		return sdk.Malformed(fmt.Errorf("read %s: the body has no PairList", cb.Command))
	}
	if cb.Purpose == sdk.DryRun {
		return nil
	}
	if err := k.store.CountEmpty(ctx, cb.AppID, cb.Command, cb.ReceivedAt); err != nil {
		return fmt.Errorf("record %s: %w", cb.Command, err)
	}
	k.metrics.empty.Inc()
	k.log.LogAttrs(ctx, slog.LevelDebug, "callback names no pair",
		slog.String("callback_id", cb.ID), slog.String("app", cb.AppID), slog.String("command", cb.Command))
	return nil
}

// complete returns the pairs, or an error that says which one lacks an account.
// It names no account: the text goes to a log.
func complete(listed []imevent.SnsPair) ([]store.Pair, error) {
	pairs := make([]store.Pair, len(listed))
	for i, p := range listed {
		switch {
		case p.FromAccount == "":
			return nil, fmt.Errorf("PairList[%d] has no From_Account", i)
		case p.ToAccount == "":
			return nil, fmt.Errorf("PairList[%d] has no To_Account", i)
		}
		pairs[i] = store.Pair{From: p.FromAccount, To: p.ToAccount}
	}
	return pairs, nil
}
