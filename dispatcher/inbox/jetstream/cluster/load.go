package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"strconv"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// loadPatience is for how long nothing of a snapshot may come.
const loadPatience = 30 * time.Second

// Load writes the snapshot at a mark to a file, which is there only if all of it is, as
// it was saved. Lost connections, leaders and consumers are waited for. store.ErrNotFound
// where there is none at that mark.
func (c *Cluster) Load(ctx context.Context, mark uint64, file string, progress store.Progress) error {
	m, err := c.manifest(ctx)
	if err != nil {
		return err
	}
	for _, s := range m.Snapshots {
		if s.Mark == mark {
			return c.load(ctx, s, file, progress)
		}
	}
	return fmt.Errorf("load the snapshot at %d: %w", mark, store.ErrNotFound)
}

func (c *Cluster) load(ctx context.Context, s Snapshot, file string, progress store.Progress) error {
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the caller's own
	if err != nil {
		return fmt.Errorf("load the snapshot: %w", err)
	}
	w := loading{s: s, f: f, sum: sha256.New(), progress: progress}
	err = w.run(ctx, c)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part, file)
	}
	if err != nil {
		_ = os.Remove(part)
		return fmt.Errorf("load the snapshot at %d: %w", s.Mark, err)
	}
	return nil
}

// loading is a snapshot that is being written to a file.
type loading struct {
	s        Snapshot
	f        *os.File
	sum      hash.Hash
	progress store.Progress

	chunks int
	size   int64
	next   uint64
}

// errDamaged is that what was read is not what was saved.
var errDamaged = errors.New("it is not what was saved")

func (w *loading) run(ctx context.Context, c *Cluster) error {
	w.next = w.s.First
	for came := time.Now(); w.chunks < w.s.Chunks; {
		before := w.chunks
		err := w.read(ctx, c)
		if w.chunks > before {
			came = time.Now()
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err() //nolint:wrapcheck // the caller's own
		case !errors.Is(err, ErrUnreachable) || time.Since(came) > loadPatience || !pause(ctx):
			return fmt.Errorf("chunk %d of %d: %w", w.chunks+1, w.s.Chunks, err)
		}
	}
	if sum := hex.EncodeToString(w.sum.Sum(nil)); sum != w.s.SHA256 || w.size != w.s.Size {
		return fmt.Errorf("%w: %d bytes with the sum %s, and %d with %s were saved", errDamaged, w.size, sum, w.s.Size, w.s.SHA256)
	}
	return nil
}

// read reads on for as long as one consumer lasts.
func (w *loading) read(ctx context.Context, c *Cluster) error {
	r, err := c.read(ctx, c.names.snapshotStream(), w.next, c.names.chunks(w.s.Set))
	if err != nil {
		return err
	}
	defer r.stop()
	for w.chunks < w.s.Chunks {
		wait, cancel := context.WithTimeout(ctx, loadPatience)
		messages, err := r.next(wait)
		cancel()
		if err != nil {
			return c.api("read on", err)
		}
		for _, m := range messages {
			if err := w.write(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *loading) write(m message) error {
	if m.seq < w.next {
		return nil
	}
	w.next = m.seq + 1
	if n, err := strconv.Atoi(m.header.Get(HeaderPart)); err != nil || n != w.chunks+1 {
		return fmt.Errorf("%w: chunk %q comes after %d", errDamaged, m.header.Get(HeaderPart), w.chunks)
	}
	if _, err := w.f.Write(m.data); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	w.sum.Write(m.data)
	w.chunks++
	if w.size += int64(len(m.data)); w.progress != nil {
		w.progress(w.size, w.s.Size)
	}
	return nil
}
