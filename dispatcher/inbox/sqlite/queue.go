package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// queue is what one plugin has of one command: the number that stands for it in
// copies, and how many there are in each state.
type queue struct {
	id              int64
	plugin, command string
	counts          [5]int64 // by store.State
	waiting         int64    // the seqs of what waits, added up
	damaged         bool     // its names are not what was written
}

// total is how many copies there are.
func (q *queue) total() (n int) {
	for _, of := range q.counts {
		n += int(of)
	}
	return n
}

type queueName struct{ plugin, command string }

// ledger is what is known of the store without asking it: of the latest commit that
// succeeded, never of one under way.
type ledger struct {
	mu      sync.RWMutex
	byName  map[queueName]*queue
	byID    map[int64]*queue
	events  int64
	lastSeq int64
}

func (w *session) load(ctx context.Context) (l *ledger, err error) {
	l = &ledger{byName: map[queueName]*queue{}, byID: map[int64]*queue{}}
	if err := w.conn.QueryRowContext(ctx, "SELECT events, last_seq FROM totals").Scan(&l.events, &l.lastSeq); err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	rows, err := w.conn.QueryContext(ctx,
		"SELECT id, plugin, command, crc, ready, retry, done, dead, dropped, waiting FROM queues")
	if err != nil {
		return nil, fmt.Errorf("read queues: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var sums summer
	for rows.Next() {
		q, crc := &queue{}, int64(0)
		if err := rows.Scan(&q.id, &q.plugin, &q.command, &crc, &q.counts[0], &q.counts[1], &q.counts[2],
			&q.counts[3], &q.counts[4], &q.waiting); err != nil {
			return nil, fmt.Errorf("read queues: %w", err)
		}
		if q.damaged = crc != sums.queue(q.id, q.plugin, q.command); q.damaged && w.strict {
			return nil, fmt.Errorf("the names of queue %d are not what was written: %w", q.id, ErrUnreadable)
		}
		l.byName[queueName{q.plugin, q.command}], l.byID[q.id] = q, q
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read queues: %w", err)
	}
	return l, nil
}

// find returns the queues that match, by number.
func (l *ledger) find(match func(*queue) bool) []*queue {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []*queue
	for _, q := range l.byID {
		if match(q) {
			found = append(found, q)
		}
	}
	slices.SortFunc(found, func(a, b *queue) int { return int(a.id - b.id) })
	return found
}

// line returns the queues of a line, those that do not exist yet left out.
func (l *ledger) line(of store.Line) []*queue {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []*queue
	for _, command := range of.Commands {
		if q := l.byName[queueName{of.Plugin, command}]; q != nil && !slices.Contains(found, q) {
			found = append(found, q)
		}
	}
	return found
}

// change is what a transaction under way does to the ledger.
type change struct {
	w       *session
	ledger  *ledger
	sums    summer
	now     int64
	events  int64
	lastSeq int64
	fresh   map[queueName]*queue
	deltas  map[*queue]*delta
	settled int64 // the lowest seq that may have become finished; 0 for none
	trimmed int64 // no event up to this seq can be trimmed
}

type delta struct {
	counts  [5]int64
	waiting int64
}

// queue returns the queue of a plugin and a command, and makes it where it is new.
func (c *change) queue(plugin, command string) (*queue, error) {
	name := queueName{plugin, command}
	if q := c.ledger.byName[name]; q != nil {
		return q, nil
	}
	if q := c.fresh[name]; q != nil {
		return q, nil
	}
	q := &queue{id: 1, plugin: plugin, command: command}
	for _, known := range []map[queueName]*queue{c.ledger.byName, c.fresh} {
		for _, other := range known {
			q.id = max(q.id, other.id+1)
		}
	}
	if _, err := c.w.exec("INSERT INTO queues (id, plugin, command, crc) VALUES (?, ?, ?, ?)",
		q.id, plugin, command, c.sums.queue(q.id, plugin, command)); err != nil {
		return nil, fmt.Errorf("make queue %s %s: %w", plugin, command, err)
	}
	if c.fresh == nil {
		c.fresh = map[queueName]*queue{}
	}
	c.fresh[name] = q
	return q, nil
}

// count takes a copy from one state to another; a state below 0 is none.
func (c *change) count(q *queue, seq int64, from, to int) {
	d := c.deltas[q]
	if d == nil {
		d = &delta{}
		c.deltas[q] = d
	}
	if from >= 0 && from < len(d.counts) {
		d.counts[from]--
		if from == int(store.Ready) || from == int(store.Retry) {
			d.waiting -= seq
		}
	}
	if to >= 0 {
		d.counts[to]++
		if to == int(store.Ready) || to == int(store.Retry) {
			d.waiting += seq
		} else {
			c.settle(seq)
		}
	}
}

// settle remembers that the event may be finished now.
func (c *change) settle(seq int64) {
	if c.settled == 0 || seq < c.settled {
		c.settled = seq
	}
}

// write puts the counts into the transaction.
func (c *change) write() error {
	for _, q := range slices.SortedFunc(maps.Keys(c.deltas), func(a, b *queue) int { return int(a.id - b.id) }) {
		d := c.deltas[q]
		if *d == (delta{}) {
			continue
		}
		if _, err := c.w.exec(`UPDATE queues SET ready = ready + ?, retry = retry + ?, done = done + ?, dead = dead + ?,
			dropped = dropped + ?, waiting = waiting + ? WHERE id = ?`, d.counts[0], d.counts[1], d.counts[2],
			d.counts[3], d.counts[4], d.waiting, q.id); err != nil {
			return fmt.Errorf("count: %w", err)
		}
	}
	if c.events == 0 && c.lastSeq == c.ledger.lastSeq {
		return nil
	}
	if _, err := c.w.exec("UPDATE totals SET events = events + ?, last_seq = ?", c.events, c.lastSeq); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return nil
}

// apply makes it known, once the transaction has been committed.
func (c *change) apply() {
	l := c.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, q := range c.fresh {
		l.byName[name], l.byID[q.id] = q, q
	}
	for q, d := range c.deltas {
		for i, n := range d.counts {
			q.counts[i] += n
		}
		q.waiting += d.waiting
	}
	l.events += c.events
	l.lastSeq = c.lastSeq
}

// replace takes over what another ledger has.
func (l *ledger) replace(with *ledger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byName, l.byID, l.events, l.lastSeq = with.byName, with.byID, with.events, with.lastSeq
}

// stats returns the queues that have copies, by plugin and command.
func (l *ledger) stats() (all []store.Queue, queues []*queue, events int64, lastSeq uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, q := range l.byID {
		if q.counts != [5]int64{} {
			queues = append(queues, q)
		}
	}
	slices.SortFunc(queues, func(a, b *queue) int {
		return cmp.Or(cmp.Compare(a.plugin, b.plugin), cmp.Compare(a.command, b.command))
	})
	for _, q := range queues {
		all = append(all, store.Queue{
			Plugin: q.plugin, Command: q.command,
			Ready: q.counts[store.Ready], Retry: q.counts[store.Retry], Done: q.counts[store.Done],
			Dead: q.counts[store.Dead], Dropped: q.counts[store.Dropped],
		})
	}
	return all, queues, l.events, uint64(l.lastSeq) //nolint:gosec // counted up from 0
}

// last is the seq of the latest event.
func (l *ledger) last() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.lastSeq
}
