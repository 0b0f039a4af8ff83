package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// The law of conservation. Between two commits, and since the inbox was opened:
//
//	recovered + enqueued = completed{done} + completed{dead} + completed{merged} + waiting
//
// where recovered is switchhook_inbox_recovered_messages, enqueued and completed are
// the totals of that name, and waiting is the sum of switchhook_inbox_messages over
// the states ready and retry. All count copies: an event for two plugins is two. In
// words: nothing that began to wait stops waiting but by being handled, by becoming a
// dead letter, or by being one of two copies of the same event when a plugin's copies
// are moved to a name that has one already.
//
// A duplicate was never enqueued. A copy made for a new subscription and a copy made
// ready again by an operator are enqueued (again); a dead letter that is dropped, and
// a finished event that is trimmed, did not wait and change nothing.
//
// Where gateways share a store, each counts what it has committed itself, so that the law
// holds for their sums, but for what is merged, which nobody counts then.
//
// One thing is not seen: a commit that failed as far as the store could tell, and turns
// up later all the same. Its copies are counted as recovered by the next start.

// count counts what a commit has changed.
func (m *metrics) count(b *store.Batch) {
	enqueued, retries, done, dead := 0, 0, 0, 0
	for i := range b.Appends {
		if !b.Appends[i].Duplicate {
			enqueued += len(b.Appends[i].Plugins)
		}
	}
	for i := range b.Requeues {
		if b.Requeues[i].Queued {
			enqueued++
		}
	}
	for i := range b.Results {
		if !b.Results[i].Changed {
			continue // the copy had been taken away meanwhile
		}
		switch b.Results[i].State {
		case store.Retry:
			retries++
		case store.Done:
			done++
		case store.Dead:
			dead++
		default: // no result is anything else
		}
	}
	m.enqueued.Add(float64(enqueued))
	m.retries.Add(float64(retries))
	m.done.Add(float64(done))
	m.dead.Add(float64(dead))
}

// reshape calls change between two commits, counts what it made of the copies that
// wait (dead letters, as many as it says, and for the rest merged ones), and has the
// deliveries of the plugins follow.
func (b *Inbox) reshape(ctx context.Context, change func(ctx context.Context) (dead int, err error), plugins ...string) error {
	return b.committer.Exclusive(ctx, func(ctx context.Context) error {
		before, err := b.options.Store.Stats(ctx)
		if err != nil {
			return fmt.Errorf("count what waits: %w", err)
		}
		// Whatever fails from here on may have been done, or a part of it, and what waits
		// now under another name must not wait for the next start.
		defer func() { //nolint:contextcheck // deliveries outlive the change
			for _, plugin := range plugins {
				b.courier.Reload(plugin, commandsOf(plugins, before.Queues)...)
			}
		}()
		dead, failed := change(ctx)
		after, err := b.options.Store.Stats(ctx)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("count what waits: %w", err))
		}
		b.metrics.dead.Add(float64(dead))
		if b.share != nil {
			return failed // others have changed the counts meanwhile
		}
		if gone := waiting(before.Queues) - waiting(after.Queues) - int64(dead); gone > 0 {
			b.metrics.merged.Add(float64(gone))
		}
		return failed
	})
}

// commandsOf are those that any of the plugins has copies of.
func commandsOf(plugins []string, queues []store.Queue) (commands []string) {
	for _, q := range queues {
		if slices.Contains(plugins, q.Plugin) {
			commands = append(commands, q.Command)
		}
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}
