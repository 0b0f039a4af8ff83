package admin

import (
	"context"
	"errors"
	"time"
)

// Inbox is the durable inbox as the admin side reaches it. Every func is needed, and
// is called from many goroutines at once. Those that take a progress func call it
// from time to time, with how much of how much is done; a total of 0 is not known.
// They end early where their context does.
type Inbox struct {
	// Status tells the inbox at a glance, and is as quick as a scrape wants it.
	Status func(context.Context) (InboxStatus, error)
	// Events returns a page of copies, with bodies only where they are asked for.
	Events func(context.Context, InboxQuery) (InboxPage, error)
	// Replay makes copies ready again, or only counts them.
	Replay func(context.Context, InboxReplayOrder, func(InboxReplayReport)) (InboxReplayReport, error)
	// Drop lets go of dead letters and returns how many.
	Drop func(context.Context, InboxFilter, InboxProgress) (int64, error)
	// Backup writes a consistent copy to a file that does not exist yet.
	Backup func(ctx context.Context, file string, progress InboxProgress) error
	// Check reads everything and returns what is wrong, a line each.
	Check func(context.Context, InboxProgress) ([]string, error)
	// Move gives everything of one plugin to another name and returns how many copies.
	Move func(ctx context.Context, from, to string) (copies int, err error)
	// Unsubscribe forgets a subscription and returns how many copies are dead by it.
	Unsubscribe func(ctx context.Context, plugin, pattern string) (dead int, err error)
	// Backfill gives the plugin the events of a pattern that it has no copy of,
	// received since then, and returns how many.
	Backfill func(ctx context.Context, plugin, pattern string, since time.Time, progress InboxProgress) (int64, error)
}

// missing names the first func that is not there.
func (in *Inbox) missing() string {
	for _, need := range []struct {
		name    string
		missing bool
	}{
		{"Status", in.Status == nil},
		{"Events", in.Events == nil},
		{"Replay", in.Replay == nil},
		{"Drop", in.Drop == nil},
		{"Backup", in.Backup == nil},
		{"Check", in.Check == nil},
		{"Move", in.Move == nil},
		{"Unsubscribe", in.Unsubscribe == nil},
		{"Backfill", in.Backfill == nil},
	} {
		if need.missing {
			return need.name
		}
	}
	return ""
}

// ErrNotFound is in the error of a change to what does not exist.
var ErrNotFound = errors.New("not found")

// NotFound makes err an [ErrNotFound], with its own words.
func NotFound(err error) error { return &absent{err} }

type absent struct{ err error }

func (a *absent) Error() string { return a.err.Error() }

func (a *absent) Unwrap() []error { return []error{ErrNotFound, a.err} }

// InboxProgress is told how far a long piece of work is.
type InboxProgress func(done, total int64)

// The states of the inbox.
const (
	// InboxOK: callbacks are accepted.
	InboxOK = "ok"
	// InboxFull: there is no room, and callbacks are refused or held.
	InboxFull = "full"
	// InboxFailing: what keeps the callbacks fails.
	InboxFailing = "failing"
)

// InboxStatus is the inbox at a glance: the answer of GET /api/v1/inbox.
type InboxStatus struct {
	// State is [InboxOK], [InboxFull] or [InboxFailing]; Problem says why it is not
	// ok, and Since since when.
	State   string    `json:"state"`
	Problem string    `json:"problem,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	// Events counts the events that are kept.
	Events int64 `json:"events"`
	// SizeBytes is what is taken of MaxBytes, beyond which nothing is accepted.
	SizeBytes int64 `json:"size_bytes"`
	MaxBytes  int64 `json:"max_bytes"`
	// DiskFreeBytes is what the file system has left; -1 where nobody knows.
	DiskFreeBytes int64 `json:"disk_free_bytes"`
	// Cluster is where the inbox is one that gateways share; nil where it is this one's
	// own. Events, SizeBytes, Lines and Subscriptions are what all of them have then, but
	// for InFlight, which is this gateway's.
	Cluster *InboxCluster `json:"cluster,omitempty"`
	// Loss is damage that was found when the inbox was opened; nil for none.
	Loss *InboxLoss `json:"loss,omitempty"`
	// Lines are what is delivered together, where something waits or is dead.
	Lines []InboxLine `json:"lines"`
	// Subscriptions are who wants what.
	Subscriptions []InboxSubscription `json:"subscriptions"`
}

// InboxLoss is damage that was found after an unclean stop.
type InboxLoss struct {
	At time.Time `json:"at"`
	// Commits counts the commits that cannot be read any more, as far as can be told.
	Commits int `json:"commits"`
	// Detail says what was found, and Aside where the damaged files were copied to;
	// both are told on the unix socket alone.
	Detail string `json:"detail,omitempty"`
	Aside  string `json:"aside,omitempty"`
	// Left counts unfinished copies that are whole and lie in Aside, where nobody delivers
	// them: the cluster does not have the log any more that they were in.
	Left int64 `json:"left,omitempty"`
}

// InboxLine is what one plugin has to be given of one command, or of one order.
type InboxLine struct {
	Plugin   string   `json:"plugin"`
	Commands []string `json:"commands"`
	Ready    int64    `json:"ready"`
	Retry    int64    `json:"retry"`
	Dead     int64    `json:"dead"`
	InFlight int      `json:"in_flight"`
	// Limit is how many may be in flight.
	Limit int `json:"limit"`
	// Oldest is when the oldest waiting copy was received.
	Oldest time.Time `json:"oldest,omitzero"`
	// Why says what the line waits for, and Until when it is tried again by itself.
	Why   string    `json:"why,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// LastError is the latest failure's text.
	LastError string `json:"last_error,omitempty"`
}

// InboxSubscription says that a plugin wants the events of a pattern since a time.
type InboxSubscription struct {
	Plugin  string    `json:"plugin"`
	Pattern string    `json:"pattern"`
	Since   time.Time `json:"since,omitzero"`
	// Waiting and Dead count the plugin's copies of the pattern's commands.
	Waiting int64 `json:"waiting"`
	Dead    int64 `json:"dead"`
	// Why says why nothing is delivered to the plugin; empty where it is.
	Why string `json:"why,omitempty"`
}
