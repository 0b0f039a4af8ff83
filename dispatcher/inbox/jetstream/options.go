package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Options say which cluster has the log, and where this gateway's view of it lies.
type Options struct {
	// Cluster is how the cluster is reached. Its Logger is that of these options where it
	// has none.
	Cluster cluster.Options
	// Dir is the folder of the view, of this gateway alone. It is made when missing, and
	// may be lost with what is in it. It must not be empty.
	Dir string
	// MaxBytes is the size of the view beyond which appends are refused; 0 for no bound
	// but the disk's and the log's.
	MaxBytes int64
	// DuplicateWindow is how long a key that proves its occurrence is remembered [1 h].
	DuplicateWindow time.Duration
	// Now tells the time, by which the duplicate window ends [time.Now].
	Now func() time.Time
	// Version is this gateway's, for the message to an older one that finds a newer one's
	// files.
	Version string
	// Logger hears of what an operator should know; nil discards.
	Logger *slog.Logger
	// Registerer has the store's [Metrics] while it is open; nil for none.
	Registerer prometheus.Registerer
}

func (o *Options) complete() error {
	switch {
	case o.Dir == "":
		return errors.New("open inbox: Options.Dir is empty")
	case o.MaxBytes < 0 || o.DuplicateWindow < 0:
		return fmt.Errorf("open inbox %s: MaxBytes %d or DuplicateWindow %s is less than nothing", o.Dir, o.MaxBytes, o.DuplicateWindow)
	}
	if o.Cluster.Prefix == "" {
		o.Cluster.Prefix = "switchhook"
	}
	if o.Cluster.MaxBytes == 0 {
		o.Cluster.MaxBytes = 8 << 30
	}
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Cluster.Logger == nil {
		o.Cluster.Logger = o.Logger
	}
	return nil
}

// log is what this room needs of the cluster; see [cluster.Cluster], which is one.
type log interface {
	entries
	bounds
	snapshots
	about
}

type entries interface {
	Append(ctx context.Context, id string, plugins []string, e *logpb.Entry) (mark uint64, err error)
	Follow(ctx context.Context, after uint64, id string, f func([]cluster.Record) error) error
}

type bounds interface {
	End(ctx context.Context) (mark uint64, err error)
	Bounds(ctx context.Context) (first, last uint64, bytes int64, err error)
	Floors(ctx context.Context, plugins ...string) (lowest uint64, some bool, err error)
	Purge(ctx context.Context, upTo uint64) error
}

type about interface {
	LogID() string
	Status() cluster.Status
	Close() error
}

type snapshots interface {
	Save(ctx context.Context, mark uint64, file string, progress store.Progress) error
	Latest(ctx context.Context) (mark uint64, ok bool, err error)
	Load(ctx context.Context, mark uint64, file string, progress store.Progress) error
}
