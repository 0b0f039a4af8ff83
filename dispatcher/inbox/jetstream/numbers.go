package jetstream

import (
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// The numbers in the log are the log's own, for those by which this program counts may
// change.

// logStates has the states that a result may have.
func logStates() []logpb.State {
	return []logpb.State{
		store.Ready: -1, store.Retry: logpb.State_STATE_RETRY, store.Done: logpb.State_STATE_DONE, store.Dead: logpb.State_STATE_DEAD,
	}
}

func logPurposes() []logpb.Purpose {
	return []logpb.Purpose{
		sdk.Live: logpb.Purpose_PURPOSE_LIVE, sdk.Replay: logpb.Purpose_PURPOSE_REPLAY, sdk.DryRun: logpb.Purpose_PURPOSE_DRY_RUN,
	}
}

func logReasons() []logpb.Reason {
	return []logpb.Reason{
		store.NoReason: logpb.Reason_REASON_UNSPECIFIED, store.Permanent: logpb.Reason_REASON_PERMANENT,
		store.Malformed: logpb.Reason_REASON_MALFORMED, store.Unsupported: logpb.Reason_REASON_UNSUPPORTED,
		store.BadReply: logpb.Reason_REASON_BAD_REPLY, store.Expired: logpb.Reason_REASON_EXPIRED,
		store.Poison: logpb.Reason_REASON_POISON, store.Corrupt: logpb.Reason_REASON_CORRUPT,
		store.Unsubscribed: logpb.Reason_REASON_UNSUBSCRIBED,
	}
}

// own is what a number of the log is here.
func own[Own ~uint8, Log ~int32](all []Log, n Log) (Own, error) {
	i := slices.Index(all, n)
	if i < 0 || n < 0 {
		return 0, fmt.Errorf("%w: a %T of %d", errUnknown, Own(0), n)
	}
	return Own(i), nil
}
