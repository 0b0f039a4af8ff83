package cluster_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// Each case is a stream that somebody made before we came, which is ours but for what
// the case does to it.
func TestStreamsOfAnotherShapeAreListed(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{MaxStore: 16 << 30})
	js := client(t, node.URL())
	ours := func(prefix string) jetstream.StreamConfig {
		c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1, Prefix: "model-" + prefix})
		if c == nil {
			t.FailNow()
		}
		s, err := js.Stream(t.Context(), "MODEL-"+strings.ToUpper(prefix)+"_LOG")
		if err != nil {
			t.Fatal(err)
		}
		config := s.CachedInfo().Config
		config.Name, config.Subjects = strings.ToUpper(prefix)+"_LOG", []string{prefix + ".log.>"}
		return config
	}
	tests := map[string]struct {
		alter func(*jetstream.StreamConfig)
		want  []string // the fields that differ
	}{
		"age":         {func(s *jetstream.StreamConfig) { s.MaxAge = time.Hour }, []string{"max_age"}},
		"discard":     {func(s *jetstream.StreamConfig) { s.Discard = jetstream.DiscardOld }, []string{"discard"}},
		"size":        {func(s *jetstream.StreamConfig) { s.MaxBytes = 1 << 20 }, []string{"max_bytes"}},
		"unbounded":   {func(s *jetstream.StreamConfig) { s.MaxBytes = -1 }, []string{"max_bytes"}},
		"messages":    {func(s *jetstream.StreamConfig) { s.MaxMsgs = 5 }, []string{"max_msgs"}},
		"per-subject": {func(s *jetstream.StreamConfig) { s.MaxMsgsPerSubject = 5 }, []string{"max_msgs_per_subject"}},
		"message":     {func(s *jetstream.StreamConfig) { s.MaxMsgSize = 5 }, []string{"max_msg_size"}},
		"consumers":   {func(s *jetstream.StreamConfig) { s.MaxConsumers = 5 }, []string{"max_consumers"}},
		"window":      {func(s *jetstream.StreamConfig) { s.Duplicates = time.Second }, []string{"duplicate_window"}},
		"longer":      {func(s *jetstream.StreamConfig) { s.Duplicates = time.Hour }, nil},
		"batches":     {func(s *jetstream.StreamConfig) { s.AllowAtomicPublish = false }, []string{"allow_atomic"}},
		"direct":      {func(s *jetstream.StreamConfig) { s.AllowDirect = false }, []string{"allow_direct"}},
		"queue":       {func(s *jetstream.StreamConfig) { s.Retention = jetstream.WorkQueuePolicy }, []string{"retention"}},
		"memory":      {func(s *jetstream.StreamConfig) { s.Storage = jetstream.MemoryStorage }, []string{"storage"}},
		"acks":        {func(s *jetstream.StreamConfig) { s.NoAck = true; s.AllowAtomicPublish = false }, []string{"allow_atomic", "no_ack"}},
		"purge":       {func(s *jetstream.StreamConfig) { s.DenyPurge = true }, []string{"deny_purge"}},
		"async": {func(s *jetstream.StreamConfig) {
			s.PersistMode, s.AllowAtomicPublish = jetstream.AsyncPersistMode, false
		}, []string{"persist_mode", "allow_atomic"}},
		"subjects":   {func(s *jetstream.StreamConfig) { s.Subjects = []string{"subjects.log.entry"} }, []string{"subjects"}},
		"text":       {func(s *jetstream.StreamConfig) { s.Description = "ours" }, nil},
		"another":    {func(s *jetstream.StreamConfig) { s.Metadata = nil }, []string{"metadata.switchhook"}},
		"newer":      {func(s *jetstream.StreamConfig) { s.Metadata["format"] = "2" }, []string{"metadata.format"}},
		"everything": {func(s *jetstream.StreamConfig) { s.MaxAge, s.MaxMsgs = time.Hour, 5 }, []string{"max_age", "max_msgs"}},
	}
	for name, test := range tests {
		config := ours(name)
		test.alter(&config)
		if _, err := js.CreateStream(t.Context(), config); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c, err := connect(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1, Prefix: name})
		if c != nil {
			_ = c.Close()
		}
		var shape *cluster.ShapeError
		if errors.As(err, &shape) != (test.want != nil) || errors.Is(err, cluster.ErrShape) != (test.want != nil) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		if shape != nil {
			for _, d := range shape.Differences {
				got = append(got, d.Field)
				if d.Do == "" || !strings.Contains(err.Error(), d.Do) || !strings.Contains(err.Error(), d.Found) || d.Found == d.Wanted {
					t.Errorf("%s: %+v", name, d)
				}
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: what differs (-) and what is listed (+):\n%s\n%v", name, diff, err)
		}
		s, err := js.Stream(t.Context(), config.Name)
		if err != nil {
			t.Fatal(err)
		}
		config.Metadata, s.CachedInfo().Config.Metadata = nil, nil
		if diff := cmp.Diff(config, s.CachedInfo().Config); diff != "" {
			t.Errorf("%s: it was altered:\n%s", name, diff)
		}
	}
}
