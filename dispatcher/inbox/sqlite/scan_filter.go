package sqlite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// conditions are the filter's, in SQL.
func (sc *scan) conditions() (where string, args []any) {
	var b strings.Builder
	add := func(condition string, arg any) {
		b.WriteString(" AND " + condition)
		args = append(args, arg)
	}
	for column, value := range map[string]string{"e.app": sc.q.App, "e.key": sc.q.Key} {
		if value != "" {
			add(column+" = ?", value)
		}
	}
	if !sc.q.Since.IsZero() {
		add("e.received >= ?", sc.q.Since.UnixMicro())
	}
	if !sc.q.Until.IsZero() {
		add("e.received < ?", sc.q.Until.UnixMicro())
	}
	ids := make([]int64, len(sc.queues))
	for i, q := range sc.queues {
		ids[i] = q.id
	}
	b.WriteString(among("c.queue", ids))
	if len(sc.q.States) > 0 {
		b.WriteString(among("c.state", sc.q.States))
	}
	return b.String(), args
}

func among[T int64 | store.State](column string, all []T) string {
	numbers := make([]string, len(all))
	for i, n := range all {
		numbers[i] = strconv.FormatInt(int64(n), 10)
	}
	return " AND " + column + " IN (" + strings.Join(numbers, ",") + ")"
}

// before reports whether an earlier page has had the copy.
func (sc *scan) before(at ref) bool {
	after := sc.q.After
	switch {
	case after == nil:
		return false
	case uint64(at.seq) == after.Seq: //nolint:gosec // never below 0
		return at.q.plugin <= after.Plugin
	}
	return sc.q.Newest == (uint64(at.seq) > after.Seq) //nolint:gosec // never below 0
}

// chosen is the whole filter, of which an index tells only a part.
func (sc *scan) chosen(c *store.Copy) bool {
	q, e := &sc.q, &c.Event
	for _, want := range [...][2]string{{q.App, e.AppID}, {q.ID, e.ID}, {q.Key, e.Key}} {
		if want[0] != "" && want[0] != want[1] {
			return false
		}
	}
	return (q.Since.IsZero() || !e.ReceivedAt.Before(q.Since)) && (q.Until.IsZero() || e.ReceivedAt.Before(q.Until)) &&
		(len(q.States) == 0 || slices.Contains(q.States, c.State)) &&
		(q.Reason == store.NoReason || c.Reason == q.Reason)
}
