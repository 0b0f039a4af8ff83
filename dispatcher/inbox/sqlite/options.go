package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Synchronous is how a commit becomes durable.
type Synchronous uint8

// The ways. Off is for the control run of a power-cut test, and for nothing else: what
// was committed is lost with the power. Normal is a replica's: a power cut takes the
// latest changes along, and leaves what was before them whole.
const (
	Full Synchronous = iota
	Off
	Normal
)

// level is the way as SQLite numbers it, and its name there.
func (s Synchronous) level() (number int, name string) {
	switch s {
	case Off:
		return 0, "OFF"
	case Normal:
		return 1, "NORMAL"
	default:
		return 2, "FULL"
	}
}

// Options say where the inbox lies and how much it may hold.
type Options struct {
	// Dir is the folder of the files; it is made when missing, readable by this user
	// alone. It must not be empty.
	Dir string
	// MaxBytes is the size beyond which appends are refused; 0 for no bound but the
	// disk's.
	MaxBytes int64
	// DuplicateWindow is how long a key that proves its occurrence is remembered
	// [1 h].
	DuplicateWindow time.Duration
	// Logger hears of what an operator should know; nil discards.
	Logger *slog.Logger
	// Now tells the time, by which the duplicate window ends [time.Now].
	Now func() time.Time
	// Version is this gateway's, for the message to an older one that finds a newer
	// one's files.
	Version string
	// Synchronous is Full except in a test's control run. A replica's is Normal then.
	Synchronous Synchronous
	// Replica opens a store that follows a log kept elsewhere: it changes by
	// [Store.Apply] alone, and what of it cannot be read is an [ErrUnreadable].
	Replica bool
}

func (o *Options) complete() error {
	if o.Dir == "" {
		return errors.New("open inbox: Options.Dir is empty")
	}
	if o.MaxBytes < 0 || o.DuplicateWindow < 0 {
		return fmt.Errorf("open inbox %s: MaxBytes %d or DuplicateWindow %s is less than nothing",
			o.Dir, o.MaxBytes, o.DuplicateWindow)
	}
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = time.Hour
	}
	if o.Replica && o.Synchronous == Full {
		o.Synchronous = Normal
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Version == "" {
		o.Version = "of an unknown version"
	}
	return nil
}
