package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// What our streams bear, so that another's are told from ours.
const (
	metaOwner  = "switchhook"
	metaFormat = "format"
	metaID     = "id"
)

// dedupeWindow is for how long an id is known. It has to outlast whoever does not know
// whether an entry was written and asks again.
const dedupeWindow = 2 * time.Minute

func (c *Cluster) wantedLog() jetstream.StreamConfig {
	s := c.wanted(c.names.logStream(), "log", c.names.logSubjects())
	s.Description = "every change of the inbox, in order"
	s.MaxBytes = c.options.MaxBytes
	s.AllowAtomicPublish = true
	s.Metadata[metaID] = rand.Text()
	return s
}

func (c *Cluster) wantedBatons() jetstream.StreamConfig {
	s := c.wanted(c.names.batonStream(), "batons", c.names.batonSubjects())
	s.Description = "one message for each thing that one gateway at a time does"
	s.MaxBytes = 16 << 20
	s.MaxMsgsPerSubject = 1
	s.DiscardNewPerSubject = true
	return s
}

func (c *Cluster) wantedSnapshots() jetstream.StreamConfig {
	s := c.wanted(c.names.snapshotStream(), "snapshots", c.names.snapshotSubject())
	s.Description = "what a new gateway begins with instead of the whole log"
	s.AllowDirect = false // who asks for the latest is answered by the leader
	return s
}

func (c *Cluster) wanted(name, owner, subjects string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: name, Subjects: []string{subjects}, Metadata: map[string]string{metaOwner: owner, metaFormat: Format},
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		Replicas: c.options.Replicas, Duplicates: dedupeWindow, AllowDirect: true,
		MaxBytes: -1, MaxMsgs: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1, MaxConsumers: -1,
	}
}

// streams are those that we need.
func (c *Cluster) streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{c.wantedLog(), c.wantedBatons(), c.wantedSnapshots()}
}

// shape makes the streams that are missing, or takes note of them, and compares the others.
func (c *Cluster) shape(ctx context.Context) error {
	var found []Difference
	handles := []*jetstream.Stream{&c.log, &c.batons, &c.snapshots}
	for i, wanted := range c.streams() {
		stream, err := c.have(ctx, wanted)
		if c.options.Look && errors.Is(err, jetstream.ErrStreamNotFound) {
			c.missing = append(c.missing, wanted.Name)
			continue
		}
		if err != nil {
			return err
		}
		*handles[i] = stream
		found = append(found, differences(wanted, stream.CachedInfo().Config)...)
	}
	if len(found) > 0 {
		return &ShapeError{Differences: found}
	}
	return nil
}

// have returns a stream, which it makes where there is none, unless we but look. Another gateway may make
// it at the same moment: the one that comes second is told that it is there, and nobody
// answers for it until it has a leader.
func (c *Cluster) have(ctx context.Context, wanted jetstream.StreamConfig) (jetstream.Stream, error) { //nolint:ireturn // the library has no other
	ctx, cancel := context.WithTimeout(ctx, 3*patience)
	defer cancel()
	for {
		stream, err := c.haveOnce(ctx, wanted)
		switch {
		case err == nil:
			return stream, nil
		case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
		case !errors.Is(err, ErrUnreachable) || errors.Is(err, errServers):
			return nil, err
		}
		if !pause(ctx) {
			return nil, err
		}
	}
}

func (c *Cluster) haveOnce(ctx context.Context, wanted jetstream.StreamConfig) (jetstream.Stream, error) { //nolint:ireturn // likewise
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	stream, err := c.js.Stream(ctx, wanted.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) && !c.options.Look {
		if stream, err = c.js.CreateStream(ctx, wanted); err != nil {
			return nil, c.refused(wanted, err)
		}
	}
	if err != nil {
		return nil, c.api("look at the stream "+wanted.Name, err)
	}
	return stream, nil
}

// errServers is that a cluster has too few servers that are up.
var errServers = errors.New("too few servers")

// refused says why a stream cannot be made.
func (c *Cluster) refused(wanted jetstream.StreamConfig, err error) error {
	var answer *jetstream.APIError
	if !errors.As(err, &answer) {
		return c.api("create the stream "+wanted.Name, err)
	}
	var why string
	switch answer.ErrorCode {
	case codeNoPeers:
		if why = displaced(wanted, answer.Description); why == "" { // servers that are still to come mend it
			return fmt.Errorf("create the stream %s: inbox.nats.replicas: %w: %w: it needs %d with JetStream that are up: %w",
				wanted.Name, ErrUnreachable, errServers, wanted.Replicas, err)
		}
	case codeReplicas:
		why = fmt.Sprintf("inbox.nats.replicas: %d, and the servers are no cluster: connect them, or set 1 for a trial", wanted.Replicas)
	case codeStorageResources, codeAccountResources, codeInsufficient, codeMemoryResources, codeStreamLimits:
		why = fmt.Sprintf("inbox.max_bytes: %d on each of %d servers is more than the servers or the account have left", wanted.MaxBytes, wanted.Replicas)
	case codeMaxBytesRequired:
		why = "inbox.nats: the account wants every stream bounded (max_bytes_required), which snapshots cannot be: lift it for this account"
	case codeNoLimits, codeMaxStreams:
		why = fmt.Sprintf("inbox.nats: the account's limits leave no room for three streams with %d replicas: raise them", wanted.Replicas)
	case codeOverlap:
		why = fmt.Sprintf("inbox.nats.prefix: another stream of the account takes %s: choose another prefix", wanted.Subjects[0])
	default:
		return c.api("create the stream "+wanted.Name, err)
	}
	return fmt.Errorf("create the stream %s: %w: %s: %w", wanted.Name, ErrShape, why, err)
}
