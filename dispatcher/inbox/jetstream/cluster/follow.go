package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
)

// Record is an entry of the log.
type Record struct {
	// Mark is the entry's place: higher than that of all before it.
	Mark uint64
	// ID is what it was appended with.
	ID    string
	Entry *logpb.Entry
	// Size is what it takes in the log, about: the bytes of its messages without headers.
	Size int
}

// How much is handed over at once, at most; one record is always.
const (
	groupRecords = 256
	groupBytes   = 8 << 20
)

// lostAfter is for how long the log may end before where we have read it to, or be
// missing, until that is believed: servers that have only just begun to lead may not
// have all of it yet.
const lostAfter = 15 * time.Second

// Follow hands f the entries after the one at a mark, which has that id where it is not
// empty, in order and each once, until ctx ends, f
// fails or the log cannot be followed: what is there already in groups, and what comes
// as soon as it is there. Lost connections, leaders and consumers are waited for.
//
// It fails with [ErrGap] where what comes next was purged, or is lost, with [ErrOther] where
// another entry has that mark by now, with [ErrAnew] where the stream is another by now, and
// with [ErrNewer] where a newer gateway wrote it; f has had all that comes before.
func (c *Cluster) Follow(ctx context.Context, after uint64, id string, f func([]Record) error) error {
	at := &position{mark: after, id: id}
	var missing time.Time // since when the log seems shorter than what we have of it
	for {
		err := c.followOnce(ctx, at, f)
		var final *finalError
		switch {
		case ctx.Err() != nil:
			return ctx.Err() //nolint:wrapcheck // the caller's own
		case c.nc.IsClosed():
			return fmt.Errorf("follow the log: %w: closed", ErrUnreachable)
		case errors.As(err, &final):
			return final.err
		case !errors.Is(err, errShorter):
			missing = time.Time{}
		case missing.IsZero():
			missing = time.Now()
		case time.Since(missing) > lostAfter:
			return fmt.Errorf("follow the log: %w: %w", ErrGap, err)
		}
		if err != nil && c.nc.IsConnected() {
			c.state.failed(err)
			c.options.Logger.DebugContext(ctx, "log is followed anew", "after", at.mark, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// errShorter is that the log ends before what was read of it.
var errShorter = errors.New("the log ends before what this gateway has of it")

// finalError is one that reading anew does not mend.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

// position is how far the log was read: mark is the last entry that was handed over, with its
// id, and seen the last message, which may be part of the next, or none of an entry.
type position struct {
	mark, seen uint64
	id         string
}

// followOnce follows for as long as one consumer lasts. It reads all of the log, what is
// not an entry too, so that nothing can be missing from between without a hole.
func (c *Cluster) followOnce(ctx context.Context, at *position, f func([]Record) error) error {
	if err := c.reaches(ctx, at.mark); err != nil {
		return err
	}
	r, err := c.read(ctx, c.names.logStream(), max(1, at.mark)) // the one that we have, too: see same
	if err != nil {
		return err
	}
	defer r.stop()
	j := joiner{names: c.names}
	for at.seen = at.mark; ; {
		messages, err := r.next(ctx)
		if err != nil {
			return err
		}
		for len(messages) > 0 {
			records, rest, broken := c.join(ctx, at, &j, messages)
			if len(records) > 0 {
				if err := f(records); err != nil {
					return &finalError{err}
				}
				last := &records[len(records)-1]
				at.mark, at.id = last.Mark, last.ID
			}
			if broken != nil {
				return broken
			}
			messages = rest
		}
	}
}

// join makes records of messages, up to the first that is amiss; rest are those for which
// there was no room, since entries may decode to many times what came.
func (c *Cluster) join(ctx context.Context, at *position, j *joiner, messages []message) (records []Record, rest []message, err error) {
	records, j.size = make([]Record, 0, len(messages)), 0
	for i, m := range messages {
		if j.size >= groupBytes {
			return records, messages[i:], nil
		}
		if m.seq <= at.seen { // it is the one at the mark, or a replica that lags begins earlier than it was told
			if err := at.same(m); err != nil {
				return records, nil, err
			}
			continue
		}
		if m.seq > at.seen+1 {
			if err := c.hole(ctx, at.seen, m.seq); err != nil {
				return records, nil, err
			}
		}
		at.seen = m.seq
		record, done, err := j.add(m)
		if err != nil {
			return records, nil, err
		}
		if done {
			records = append(records, record)
		}
	}
	return records, nil, nil
}

// hole looks whether what lies between two messages was purged before we had it. What is
// only missing was removed by somebody, one by one; nothing of ours does that.
func (c *Cluster) hole(ctx context.Context, last, next uint64) error {
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the caller's own
	case <-time.After(500 * time.Millisecond): // whom we ask may be behind whom we read from
	}
	if err := c.reaches(ctx, last); err != nil {
		return err
	}
	c.options.Logger.WarnContext(ctx, "messages were removed from the log", "after", last, "before", next)
	return nil
}

// same checks that the log still has the entry that was handed over last: one that was
// restored, or has lost its end, may have gone on since.
func (at *position) same(m message) error {
	if id := m.header.Get(jetstream.MsgIDHeader); m.seq == at.mark && at.id != "" && id != at.id {
		return &finalError{fmt.Errorf("follow the log: %w: at %d it has %q, and we have %q", ErrOther, at.mark, id, at.id)}
	}
	return nil
}

// reaches checks that the log has what comes after a message.
func (c *Cluster) reaches(ctx context.Context, last uint64) error {
	info, err := c.info(ctx, c.names.logStream())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("%w: there is none: %w", errShorter, err)
	}
	if err != nil {
		return err
	}
	if info.Config.Metadata[metaID] != c.logID {
		return &finalError{fmt.Errorf("follow the log: %w: %s", ErrAnew, info.Config.Name)}
	}
	if first := firstOf(info.State); first > last+1 {
		return &finalError{fmt.Errorf("follow the log: %w: it begins at %d, and %d comes next", ErrGap, first, last+1)}
	}
	if info.State.LastSeq < last {
		return fmt.Errorf("%w: at %d, before %d", errShorter, info.State.LastSeq, last)
	}
	return nil
}
