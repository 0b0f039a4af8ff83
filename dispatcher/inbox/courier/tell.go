package courier

import (
	"log/slog"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// tell writes the one line of an attempt that failed, with what becomes of the copy:
// "then" is retry, with the time of the next attempt; dead_letter, with the reason; or
// waits, where it has not reached the plugin and counts as no attempt. A dead letter is
// an error, since nobody delivers it any more, and the rest warnings.
func (c *Courier) tell(it *item, err error, v *verdict) {
	f := dispatcher.FailureOf(it.callback(), it.copy.Plugin, err)
	switch {
	case v.again:
		f.Log(c.ctx, c.o.Logger, slog.LevelWarn, slog.String("then", "waits"))
	case v.result.State == store.Dead:
		f.Log(c.ctx, c.o.Logger, slog.LevelError, dead(v.result)...)
	default:
		f.Log(c.ctx, c.o.Logger, slog.LevelWarn, slog.String("then", "retry"), slog.Time("next_attempt", v.result.DueAt))
	}
}

// tellCorrupt is tell for a copy that was never attempted, since it is not what was
// written.
func (c *Courier) tellCorrupt(it *item, r store.Result) {
	cb := it.callback()
	cb.Body = nil
	dispatcher.Failure{Callback: cb, Plugin: r.Plugin, Outcome: dispatcher.OutcomeInternal}.
		Log(c.ctx, c.o.Logger, slog.LevelError, dead(r)...)
}

func dead(r store.Result) []slog.Attr {
	return []slog.Attr{slog.String("then", "dead_letter"), slog.String("reason", r.Reason.String())}
}
