package cluster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	snapshotChunk = 256 << 10
	// snapshotAhead is how many chunks are on the way at once.
	snapshotAhead = 8
)

// Save keeps a file as the snapshot at a mark, and lets go of those before the last. One
// that is interrupted does not exist, and what there is of it is removed by a later one.
// Where two gateways save at once, one of them fails, and one that comes with an older
// snapshot than there is.
func (c *Cluster) Save(ctx context.Context, mark uint64, file string, progress store.Progress) error {
	f, err := os.Open(file) //nolint:gosec // the caller's own
	if err != nil {
		return fmt.Errorf("save the snapshot: %w", err)
	}
	defer func() { _ = f.Close() }()
	before, err := c.manifest(ctx)
	if err != nil {
		return err
	}
	if newest := before.newest(); newest > mark { // what comes behind this one may be gone from the log
		return fmt.Errorf("save the snapshot at %d: there is one at %d by now", mark, newest)
	}
	s, err := c.send(ctx, f, progress)
	if err != nil {
		if c.nc.IsConnected() {
			c.unsend(ctx, s)
		}
		return err
	}
	s.Mark, s.At, s.Log = mark, time.Now().UTC(), c.logID
	after, err := c.list(ctx, before, s)
	if err != nil {
		if after, err = c.listed(ctx, s, err); err != nil {
			return err
		}
	}
	if err := c.tidy(ctx, after); err != nil {
		c.options.Logger.WarnContext(ctx, "old snapshots are not removed", "err", err)
	}
	return nil
}

// listed looks whether a snapshot is listed although there was an error, since nobody may
// have answered. One that is certainly not is removed at once.
func (c *Cluster) listed(ctx context.Context, s Snapshot, failed error) (manifest, error) {
	m, err := c.manifest(ctx)
	if err != nil {
		return m, failed
	}
	if m.has(s.Set) {
		return m, nil
	}
	if refused, is := errors.AsType[*jetstream.APIError](failed); is && !passing(refused) {
		c.unsend(ctx, s)
	}
	return m, failed
}

// unsend removes what was sent.
func (c *Cluster) unsend(ctx context.Context, s Snapshot) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_ = c.snapshots.Purge(ctx, jetstream.WithPurgeSubject(c.names.chunks(s.Set))) // or a later one does
}

// send publishes a file in chunks.
func (c *Cluster) send(ctx context.Context, f *os.File, progress store.Progress) (Snapshot, error) {
	s := Snapshot{Set: rand.Text()}
	info, err := f.Stat()
	if err != nil {
		return s, fmt.Errorf("save the snapshot: %w", err)
	}
	sum, way := sha256.New(), sending{c: c, set: &s}
	for buffer := make([]byte, min(snapshotChunk, int(c.nc.MaxPayload())-2*headerRoom)); ; {
		n, err := io.ReadFull(f, buffer)
		if n > 0 {
			sum.Write(buffer[:n])
			if err := way.publish(ctx, buffer[:n]); err != nil {
				return s, c.api("save the snapshot", err)
			}
			s.Size += int64(n)
			if progress != nil {
				progress(s.Size, max(s.Size, info.Size()))
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return s, fmt.Errorf("save the snapshot: %w", err)
		}
	}
	if err := way.wait(ctx, 0); err != nil {
		return s, c.api("save the snapshot", err)
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// sending is the chunks that are on the way.
type sending struct {
	c    *Cluster
	set  *Snapshot
	acks []jetstream.PubAckFuture
	last uint64
}

// errOrder is that the servers have chunks in another order than they were sent.
var errOrder = errors.New("chunks were stored out of order")

func (w *sending) publish(ctx context.Context, chunk []byte) error {
	if err := w.wait(ctx, snapshotAhead-1); err != nil {
		return err
	}
	w.set.Chunks++
	m := nats.NewMsg(w.c.names.chunks(w.set.Set))
	m.Data = append([]byte(nil), chunk...)
	m.Header.Set(HeaderPart, strconv.Itoa(w.set.Chunks))
	m.Header.Set(jetstream.MsgIDHeader, fmt.Sprintf("%s.%d", w.set.Set, w.set.Chunks))
	m.Header.Set(jetstream.ExpectedStreamHeader, w.c.names.snapshotStream())
	ack, err := w.c.bulk.PublishMsgAsync(m)
	if err != nil {
		return err //nolint:wrapcheck // send does
	}
	w.acks = append(w.acks, ack)
	return nil
}

// wait waits until no more than so many are on the way.
func (w *sending) wait(ctx context.Context, left int) error {
	for ; len(w.acks) > left; w.acks = w.acks[1:] {
		select {
		case ack := <-w.acks[0].Ok():
			if ack.Sequence <= w.last {
				return errOrder
			}
			if w.last = ack.Sequence; w.set.First == 0 {
				w.set.First = ack.Sequence
			}
		case err := <-w.acks[0].Err():
			return err
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // send does
		}
	}
	return nil
}
