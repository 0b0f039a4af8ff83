package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// pace is the time between two callbacks of the stream, which two busy cores
	// keep up with.
	pace = 30 * time.Millisecond
	// streamed is how many callbacks the stream has at least, and bounded what it
	// may have: it goes on while the incidents take place.
	streamed, bounded = 900, 4000
	senders           = 6
)

// Drive makes every outcome happen to a stand that has just started: a steady
// stream of callbacks, and one incident after another beside it. It returns what
// was sent, and the time from two scrapes before the first callback until one
// after the last.
func Drive(ctx context.Context, s *Stand) (*Ledger, Window, error) {
	d := &driver{stand: s, gateway: s.Gateway, ledger: newLedger()}
	if _, err := s.Gateway.CLI(ctx, "route", "bypass", bypassed, "--decision", "deny", "--for", "1h"); err != nil {
		return nil, Window{}, err
	}
	// Prometheus takes a while to find what it is to scrape.
	if err := s.Scraped(ctx, time.Now()); err != nil {
		return nil, Window{}, err
	}
	w := Window{Start: time.Now()}
	if err := s.Scraped(ctx, w.Start.Add(2*time.Second)); err != nil {
		return nil, w, err
	}
	done, streaming := make(chan struct{}), make(chan error, 1)
	go func() { streaming <- d.stream(ctx, done) }()
	err := d.incidents(ctx)
	close(done)
	w.End = time.Now()
	if err = errors.Join(err, <-streaming); err != nil {
		return nil, w, err
	}
	w.End = time.Now().Add(3 * time.Second) // so that a scrape, and a step of each graph, comes after the last
	return d.ledger, w, s.Scraped(ctx, w.End)
}

type driver struct {
	stand   *Stand
	gateway *Gateway
	ledger  *Ledger
	serial  atomic.Int64
}

// stream sends the cycle over and over, a callback at a time.
func (d *driver) stream(ctx context.Context, done <-chan struct{}) error {
	next := make(chan int)
	var mu sync.Mutex
	var faults []error
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for i := range next {
				if err := d.cycle(ctx, i); err != nil {
					mu.Lock()
					faults = append(faults, err)
					mu.Unlock()
				}
			}
		})
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i, more := 0, true; i < bounded && ctx.Err() == nil && (more || i < streamed); i++ {
		<-tick.C
		next <- i
		select {
		case <-done:
			more = false
		default:
		}
	}
	close(next)
	group.Wait()
	return errors.Join(faults...)
}

// cycle sends the callback of a number in the stream.
func (d *driver) cycle(ctx context.Context, i int) error {
	policy := func(do, outcome string) error { return d.expect(ctx, telling(ruled, do), outcome) }
	list := []func() error{
		func() error { return d.expect(ctx, telling(decided, ""), "ok") },
		func() error { return d.store(ctx, d.listed("")) },
		func() error { return policy("print", "ok") },
		func() error { return policy("refuse", "rejected") },
		func() error { return d.expect(ctx, telling(decided, ""), "ok") },
		func() error { return d.store(ctx, d.mailed("")) },
		func() error { return policy("fail", "failed") },
		func() error { return d.expect(ctx, telling(strayed, "answer unknown calls"), "ok") },
		func() error { return policy("be malformed", "malformed") },
		func() error {
			return d.refused(ctx, "auth", "bad_signature", 403, with2("Sign", strings.Repeat("a", 64)))
		},
		func() error { return policy("answer badly", "bad_reply") },
		func() error { return d.expect(ctx, telling(decided, ""), "ok") },
		func() error { return policy("wait", "timeout") },
		func() error { return d.expect(ctx, telling(unclaimed, ""), "unavailable") },
		func() error { return d.expect(ctx, telling(bypassed, ""), "bypassed") },
		func() error { return d.expect(ctx, telling(unrouted, ""), "unrouted") },
		func() error { return d.refused(ctx, "auth", "stale_timestamp", 403, stale) },
		func() error { return d.refused(ctx, "rejected", "not_found", 404, path("else")) },
		func() error { return d.refused(ctx, "rejected", "bad_method", 405, method(http.MethodPut)) },
		func() error { return d.unreadable(ctx) },
	}
	return list[i%len(list)]()
}

// expect sends a callback and notes the outcome that it must have.
func (d *driver) expect(ctx context.Context, c callback, outcome string) error {
	got, err := d.gateway.send(ctx, c)
	if err != nil {
		return err
	}
	passes := map[string]bool{"ok": true, "unrouted": true}
	if passed := got.ok(); got.status != http.StatusOK || passes[outcome] && !passed {
		return fmt.Errorf("%s, expected to be %s, is answered %d %s", c.command, outcome, got.status, got.text)
	}
	// On a machine that is held up there may be room again.
	if outcome == "overloaded" && got.ok() {
		outcome = "ok"
	}
	d.ledger.add(Entry{"callbacks", named(c.command), outcome}, got.took)
	return nil
}

// unreadable sends a decision that reaches no plugin.
func (d *driver) unreadable(ctx context.Context) error {
	d.ledger.add(Entry{Of: "rejected", Outcome: "bad_json"}, 0)
	return d.expect(ctx, callback{command: ruled, body: "{} {}"}, "malformed")
}

// named is the label of a command: what is not routed has none of its own.
func named(command string) string {
	if command == unrouted {
		return "other"
	}
	return command
}

// store sends an event, which is accepted, or refused where the inbox is full.
func (d *driver) store(ctx context.Context, c callback) error {
	got, err := d.gateway.send(ctx, c)
	if err != nil {
		return err
	}
	outcome := "overloaded"
	if got.ok() {
		outcome = "accepted"
	}
	d.ledger.add(Entry{"callbacks", c.command, outcome}, got.took)
	return nil
}

// refused sends a request that is no callback, and wants its status.
func (d *driver) refused(ctx context.Context, of, reason string, status int, change func(*callback)) error {
	c := telling(ruled, "")
	change(&c)
	got, err := d.gateway.send(ctx, c)
	if err != nil {
		return err
	}
	if got.status != status {
		return fmt.Errorf("a request with %s is answered %d, want %d", reason, got.status, status)
	}
	d.ledger.add(Entry{Of: of, Outcome: reason}, 0)
	return nil
}

func with2(key, value string) func(*callback) {
	return func(c *callback) { c.alter = func(q url.Values) { q.Set(key, value) } }
}

func stale(c *callback) {
	const old = "1669872112"
	c.alter = func(q url.Values) { q.Set("RequestTime", old); q.Set("Sign", sign(old)) }
}

func path(p string) func(*callback) { return func(c *callback) { c.path = p } }

func method(m string) func(*callback) { return func(c *callback) { c.method = m } }

// mailed is an event of its own that tells mailer what to do.
func (d *driver) mailed(do string) callback { return message(mailed, do, d.serial.Add(1)) }

func message(command, do string, serial int64) callback {
	return callback{command: command, body: fmt.Sprintf(
		`{"CallbackCommand":%q,"From_Account":"jared","To_Account":"john","MsgKey":"%d_1_1557481126","MsgId":"144115%[2]d","MsgTime":1557481126,"EventTime":1557481126000,"SendMsgResult":0,"MsgBody":[],"Do":%[3]q}`, command, serial, do)}
}

// listed is an event of its own for blacklist and steady, of that padding.
func (d *driver) listed(padding string) callback {
	return callback{command: listed, body: fmt.Sprintf(
		`{"CallbackCommand":%q,"PairList":[{"From_Account":"jared","To_Account":"john%d"}],"Padding":%q}`, listed, d.serial.Add(1), padding)}
}
