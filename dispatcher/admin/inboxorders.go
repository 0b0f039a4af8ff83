package admin

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// The purposes of a replay.
const (
	// PurposeReplay goes to the plugins that know replays alone.
	PurposeReplay = "replay"
	// PurposeLive is as if nothing had been delivered yet; for dead letters alone.
	PurposeLive = "live"
	// PurposeDryRun asks the plugins what they would answer, and changes nothing.
	PurposeDryRun = "dry_run"
)

func purposes() []string { return []string{PurposeReplay, PurposeLive, PurposeDryRun} }

// InboxReplayOrder asks for copies that are done or dead to be delivered again.
type InboxReplayOrder struct {
	// Filter chooses them. Its States may be done and dead; none means both.
	Filter InboxFilter `json:"filter"`
	// Purpose is [PurposeReplay], [PurposeLive] or [PurposeDryRun].
	Purpose string `json:"purpose"`
	// Rate bounds how many a second are made ready; 0 for no bound.
	Rate int `json:"rate,omitempty"`
	// CountOnly chooses and does nothing.
	CountOnly bool `json:"count_only,omitempty"`
}

// Check returns what is wrong with the order.
func (o InboxReplayOrder) Check() error {
	if err := o.Filter.Check(); err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(o.Filter.States), func(state string) bool { return state == "dead" })
	waiting := slices.DeleteFunc(slices.Clone(others), func(state string) bool { return state == "done" })
	if len(waiting) > 0 {
		return fmt.Errorf("a copy in state %s is not replayed: choose done or dead", waiting[0])
	}
	onlyDead := len(o.Filter.States) > 0 && len(others) == 0
	switch {
	case !slices.Contains(purposes(), o.Purpose):
		return fmt.Errorf("purpose %q is none of %s, %s and %s", o.Purpose, PurposeReplay, PurposeLive, PurposeDryRun)
	case o.Purpose == PurposeLive && !onlyDead:
		return errors.New("only dead letters are replayed as live: a plugin that has handled an event would take it for a new one")
	case o.Rate < 0:
		return fmt.Errorf("rate %d is less than 0", o.Rate)
	default:
		return nil
	}
}

func (o InboxReplayOrder) args() map[string]string {
	args := o.Filter.args()
	args["purpose"] = o.Purpose
	if o.Rate > 0 {
		args["rate"] = strconv.Itoa(o.Rate)
	}
	if o.CountOnly {
		args["count_only"] = "true"
	}
	return args
}

// InboxReplayReport is what has become of a replay, or how far it is.
type InboxReplayReport struct {
	// Matched counts the copies that the filter chose, and Queued those made ready.
	Matched int64 `json:"matched"`
	Queued  int64 `json:"queued"`
	// Skipped counts those of plugins that do not know the purpose, by plugin.
	Skipped map[string]int64 `json:"skipped,omitempty"`
	// Waiting counts the matches that wait for their delivery anyway.
	Waiting int64 `json:"waiting"`
	// Outcomes counts the answers to a dry run.
	Outcomes map[string]int64 `json:"outcomes,omitempty"`
}

// InboxDropOrder asks that dead letters are let go of.
type InboxDropOrder struct {
	Filter InboxFilter `json:"filter"`
	// All says that a filter which leaves nothing out is meant.
	All bool `json:"all,omitempty"`
}

// Check returns what is wrong with the order.
func (o InboxDropOrder) Check() error {
	if err := o.Filter.Check(); err != nil {
		return err
	}
	for _, state := range o.Filter.States {
		if state != "dead" {
			return fmt.Errorf("a copy in state %s is not dropped: only dead letters are", state)
		}
	}
	if o.Filter.Everything() && !o.All {
		return errors.New("this would drop every dead letter: name some of them, or say that all are meant")
	}
	return nil
}

// InboxDropReport is what a drop came to.
type InboxDropReport struct {
	Dropped int64 `json:"dropped"`
}

// InboxBackupOrder asks for a copy of the inbox in a new file.
type InboxBackupOrder struct {
	// File is absolute, and does not exist yet.
	File string `json:"file"`
}

// Check returns what is wrong with the order.
func (o InboxBackupOrder) Check() error {
	if !filepath.IsAbs(o.File) {
		return fmt.Errorf("file %q is not absolute: the gateway has a working directory of its own", o.File)
	}
	return nil
}

// InboxBackupReport is what a backup came to.
type InboxBackupReport struct {
	File string `json:"file"`
	// Bytes is the file's size.
	Bytes int64 `json:"bytes"`
}

// InboxCheckReport is what a check found.
type InboxCheckReport struct {
	// Problems are what is wrong, a line each; empty where all is well.
	Problems []string `json:"problems"`
}

// InboxMoveOrder gives everything of one plugin to another name.
type InboxMoveOrder struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Check returns what is wrong with the order.
func (o InboxMoveOrder) Check() error {
	switch {
	case o.From == "" || o.To == "":
		return errors.New("a move is from one plugin to another: name both")
	case o.From == o.To:
		return fmt.Errorf("%s has it already", o.To)
	default:
		return nil
	}
}

// InboxSubscriptionOrder names a subscription, to be removed or filled.
type InboxSubscriptionOrder struct {
	Plugin  string `json:"plugin"`
	Pattern string `json:"pattern"`
	// Since is from when on a backfill takes events; a removal has none.
	Since time.Time `json:"since,omitzero"`
}

// Check returns what is wrong with the order.
func (o InboxSubscriptionOrder) Check() error {
	if o.Plugin == "" || o.Pattern == "" {
		return errors.New("a subscription is of a plugin to a pattern: name both")
	}
	return nil
}

// InboxChangeReport says how many copies a change of the subscriptions moved, made,
// or ended.
type InboxChangeReport struct {
	Copies int64 `json:"copies"`
}

// InboxWork is how far a long piece of work is.
type InboxWork struct {
	Done int64 `json:"done"`
	// Total is 0 where it is not known.
	Total int64 `json:"total,omitempty"`
}
