package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Snapshot is one that is complete.
type Snapshot struct {
	// Mark is up to where of the log it holds.
	Mark uint64 `json:"mark"`
	// At is when it was complete, by the clock of the gateway that made it.
	At time.Time `json:"at"`
	// Size is its length in bytes, SHA256 the sum of them in hexadecimal.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`

	// Log is the log that it is of, see [Cluster.LogID].
	Log string `json:"log"`
	// Set names its messages, of which there are Chunks, the first at First.
	Set    string `json:"set"`
	Chunks int    `json:"chunks"`
	First  uint64 `json:"first"`
}

// snapshotsKept is how many there are, so that who reads one while the next is written
// is not disturbed.
const snapshotsKept = 2

// manifest lists the snapshots of the log that are complete, the newest first. It is one message,
// and replaced by the next: a snapshot that is not in it does not exist.
type manifest struct {
	Snapshots []Snapshot `json:"snapshots"`

	seq uint64 // its own; 0 for none yet
}

// Snapshots returns those that are complete, the newest first.
func (c *Cluster) Snapshots(ctx context.Context) ([]Snapshot, error) {
	m, err := c.manifest(ctx)
	return m.Snapshots, err
}

// Latest returns the mark of the newest snapshot; ok is false where there is none.
func (c *Cluster) Latest(ctx context.Context) (mark uint64, ok bool, err error) {
	m, err := c.manifest(ctx)
	if err != nil || len(m.Snapshots) == 0 {
		return 0, false, err
	}
	return m.Snapshots[0].Mark, true, nil
}

func (c *Cluster) manifest(ctx context.Context) (manifest, error) {
	if c.snapshots == nil {
		return manifest{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := c.snapshots.GetLastMsgForSubject(ctx, c.names.manifest())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return manifest{}, nil
	}
	if err != nil {
		return manifest{}, c.api("look for snapshots", err)
	}
	if format := raw.Header.Get(HeaderFormat); format != Format {
		return manifest{}, fmt.Errorf("look for snapshots: %w: they are of format %q, and this version reads %q: upgrade this gateway", ErrNewer, format, Format)
	}
	m := manifest{seq: raw.Sequence}
	if err := json.Unmarshal(raw.Data, &m); err != nil {
		return manifest{}, fmt.Errorf("look for snapshots: their list cannot be read: %w", err)
	}
	m.Snapshots = slices.DeleteFunc(m.Snapshots, func(s Snapshot) bool { return s.Log != c.logID })
	return m, nil
}

// list has a snapshot be the newest, unless somebody else has listed another meanwhile.
func (c *Cluster) list(ctx context.Context, before manifest, s Snapshot) (manifest, error) {
	after := manifest{Snapshots: append([]Snapshot{s}, before.Snapshots...)}
	after.Snapshots = after.Snapshots[:min(len(after.Snapshots), snapshotsKept)]
	text, err := json.Marshal(after)
	if err != nil {
		return after, fmt.Errorf("list the snapshot: %w", err)
	}
	m := nats.NewMsg(c.names.manifest())
	m.Data = text
	m.Header.Set(HeaderFormat, Format)
	m.Header.Set(jetstream.MsgIDHeader, s.Set)
	m.Header.Set(jetstream.ExpectedStreamHeader, c.names.snapshotStream())
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(before.seq, 10))
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	for {
		ack, err := c.publishOne(ctx, m)
		if err == nil {
			after.seq = ack
			return after, nil
		}
		var refused *jetstream.APIError
		if errors.As(err, &refused) && !passing(refused) || !pause(ctx) {
			return after, c.api("list the snapshot", err)
		}
	}
}

func (c *Cluster) publishOne(ctx context.Context, m *nats.Msg) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, appendAsk)
	defer cancel()
	ack, err := c.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, err //nolint:wrapcheck // whoever asks does, when it has seen what it is
	}
	return ack.Sequence, nil
}

// tidy removes what is in no list: the manifests before this one, snapshots that have
// had their time, and pieces of those that were never complete. Pieces of a snapshot
// that somebody may be writing at the moment stay.
func (c *Cluster) tidy(ctx context.Context, m manifest) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	if err := c.snapshots.Purge(ctx, jetstream.WithPurgeSubject(c.names.manifest()), jetstream.WithPurgeSequence(m.seq)); err != nil {
		return c.api("remove old snapshots", err)
	}
	info, err := c.snapshots.Info(ctx, jetstream.WithSubjectFilter(c.names.chunks("*")))
	if err != nil {
		return c.api("look at old snapshots", err)
	}
	for subject := range info.State.Subjects {
		set := strings.TrimPrefix(subject, c.names.chunks(""))
		if m.has(set) || !c.forgotten(ctx, m, subject) {
			continue
		}
		if err := c.snapshots.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return c.api("remove an old snapshot", err)
		}
	}
	return nil
}

// forgotten reports whether nobody has written to a snapshot's subject for long, by the
// servers' clocks.
func (c *Cluster) forgotten(ctx context.Context, m manifest, subject string) bool {
	last, err := c.snapshots.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return false
	}
	own, err := c.snapshots.GetMsg(ctx, m.seq)
	if err != nil {
		return false
	}
	return last.Sequence < m.oldest() || own.Time.Sub(last.Time) > time.Hour
}

func (m manifest) has(set string) bool {
	return slices.ContainsFunc(m.Snapshots, func(s Snapshot) bool { return s.Set == set })
}

// newest is the mark of the newest; 0 for none.
func (m manifest) newest() uint64 {
	if len(m.Snapshots) == 0 {
		return 0
	}
	return m.Snapshots[0].Mark
}

// oldest is where the first message of all that is listed is.
func (m manifest) oldest() uint64 {
	oldest := m.seq
	for _, s := range m.Snapshots {
		oldest = min(oldest, s.First)
	}
	return oldest
}
