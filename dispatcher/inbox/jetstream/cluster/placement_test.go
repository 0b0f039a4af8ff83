package cluster_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// A cluster that has no place for the log answers alike, whatever the reason: for one that
// nobody's waiting mends, the key is named.
func TestALogThatHasNoPlaceNamesWhatToChange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options natstest.Options
		kind    error
		words   []string
	}{
		"too large": {
			natstest.Options{MaxStore: 32 << 20},
			cluster.ErrShape,
			[]string{"inbox.max_bytes: 67108864", "each of 3 servers", "max_file_store"},
		},
		"one zone for all": {
			natstest.Options{JetStream: "unique_tag: \"az:\"", Config: "server_tags: [\"az:1\"]\n"},
			cluster.ErrShape,
			[]string{"inbox.nats.replicas: 3", "unique_tag"},
		},
		"servers that want no streams": {
			natstest.Options{Config: "server_tags: [\"!jetstream\"]\n"},
			cluster.ErrShape,
			[]string{"inbox.nats.replicas: 3", "!jetstream"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers := natstest.NewCluster(t, 3, test.options)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := cluster.Connect(ctx, cluster.Options{Servers: servers.URLs(), MaxBytes: 64 << 20})
			t.Log(err)
			if !errors.Is(err, test.kind) {
				t.Fatalf("it is %v", err)
			}
			for _, words := range test.words {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%v does not say %q", err, words)
				}
			}
		})
	}
}
