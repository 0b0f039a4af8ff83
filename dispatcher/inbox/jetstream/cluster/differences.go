package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Difference is a setting of a stream that is not as we need it.
type Difference struct {
	Stream, Field string
	Found, Wanted string
	// Do is what the operator can do about it.
	Do string
}

// ShapeError lists what differs; it is an [ErrShape].
type ShapeError struct{ Differences []Difference }

// Error has a line for each difference.
func (e *ShapeError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%v:", ErrShape)
	for _, d := range e.Differences {
		fmt.Fprintf(&text, "\nstream %s: %s is %s and has to be %s: %s", d.Stream, d.Field, d.Found, d.Wanted, d.Do)
	}
	return text.String()
}

// Unwrap makes it an ErrShape.
func (*ShapeError) Unwrap() error { return ErrShape }

// differences compares what matters. What only tells, or what a server adds by itself,
// may be as it likes.
func differences(wanted, found jetstream.StreamConfig) []Difference {
	if found.Metadata[metaOwner] != wanted.Metadata[metaOwner] {
		return []Difference{{
			found.Name, "metadata.switchhook", quoted(found.Metadata[metaOwner]), quoted(wanted.Metadata[metaOwner]),
			"it is another's: set inbox.nats.prefix to a name that nobody else has in this account",
		}}
	}
	if found.Metadata[metaFormat] != wanted.Metadata[metaFormat] {
		return []Difference{{
			found.Name, "metadata.format", quoted(found.Metadata[metaFormat]), quoted(wanted.Metadata[metaFormat]),
			"another version of Switchhook made it: run that version, or a newer one",
		}}
	}
	var list []Difference
	for _, f := range fields(wanted, found) {
		if f.Found != f.Wanted {
			f.Stream = found.Name
			list = append(list, f)
		}
	}
	return list
}

// fields are the settings that matter, as text.
func fields(w, f jetstream.StreamConfig) []Difference {
	const anew = "it cannot be altered: set another inbox.nats.prefix, and move what waits with `switchhook inbox move`"
	edit := "`nats stream edit " + f.Name + " "
	replicas := edit + fmt.Sprintf("--replicas %d`, or set inbox.nats.replicas to %d", w.Replicas, f.Replicas)
	size := "set inbox.max_bytes to what it is, or " + edit + fmt.Sprintf("--max-bytes %d`", w.MaxBytes)
	one := func(field string, found, wanted any, do string) Difference {
		return Difference{Field: field, Found: fmt.Sprint(found), Wanted: fmt.Sprint(wanted), Do: do}
	}
	return []Difference{
		one("subjects", f.Subjects, w.Subjects, edit+"--subjects '"+strings.Join(w.Subjects, ",")+"'`"),
		one("storage", f.Storage, w.Storage, anew),
		one("persist_mode", f.PersistMode, w.PersistMode, "async acknowledges what is on no disk: "+anew),
		one("retention", f.Retention, w.Retention, anew),
		one("num_replicas", f.Replicas, w.Replicas, replicas),
		one("discard", f.Discard, w.Discard, "or what waits is lost when it is full: "+edit+"--discard new`"),
		one("discard_new_per_subject", f.DiscardNewPerSubject, w.DiscardNewPerSubject, edit+flag("discard-per-subject", w.DiscardNewPerSubject)),
		one("max_age", f.MaxAge, w.MaxAge, "or what waits is lost with age: "+edit+"--max-age 0`"),
		one("max_bytes", limit(f.MaxBytes), limit(w.MaxBytes), size),
		one("max_msgs", limit(f.MaxMsgs), limit(w.MaxMsgs), edit+"--max-msgs=-1`"),
		one("max_msgs_per_subject", limit(f.MaxMsgsPerSubject), limit(w.MaxMsgsPerSubject), edit+fmt.Sprintf("--max-msgs-per-subject=%d`", w.MaxMsgsPerSubject)),
		one("max_msg_size", limit(int64(f.MaxMsgSize)), limit(int64(w.MaxMsgSize)), edit+"--max-msg-size=-1`"),
		one("max_consumers", limit(int64(f.MaxConsumers)), limit(int64(w.MaxConsumers)), anew),
		one("duplicate_window", f.Duplicates >= w.Duplicates, true, edit+fmt.Sprintf("--dupe-window %s`", w.Duplicates.Round(time.Second))),
		one("allow_atomic", f.AllowAtomicPublish || !w.AllowAtomicPublish, true, edit+"--allow-batch`"),
		one("allow_direct", f.AllowDirect, w.AllowDirect, edit+flag("allow-direct", w.AllowDirect)),
		one("deny_purge", f.DenyPurge, w.DenyPurge, anew),
		one("no_ack", f.NoAck, w.NoAck, "or nobody learns what was written: "+edit+"--ack`"),
		one("sealed", f.Sealed, w.Sealed, anew),
		one("subject_transform", f.SubjectTransform != nil, false, edit+"--no-transform`"),
		one("mirror or sources", f.Mirror != nil || len(f.Sources) > 0, false, "a copy is not the log: set inbox.nats to the cluster that has the original"),
	}
}

func flag(name string, on bool) string {
	if on {
		return "--" + name + "`"
	}
	return "--no-" + name + "`"
}

// limit is a limit where 0 and -1 are none.
func limit(n int64) string {
	if n <= 0 {
		return "unlimited"
	}
	return strconv.FormatInt(n, 10)
}

func quoted(text string) string {
	if text == "" {
		return "missing"
	}
	return fmt.Sprintf("%q", text)
}
