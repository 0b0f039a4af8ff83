package inbox

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/inbox/share"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// scrapeTimeout bounds what one scrape asks of the store.
const scrapeTimeout = 2 * time.Second

// collector tells at each scrape what the store holds.
type collector struct {
	inbox *Inbox

	messages, oldest, size, capacity, diskFree, lost, inFlight *prometheus.Desc
	claims, claimed, claimsLost, keeper                        *prometheus.Desc
}

func newCollector(b *Inbox) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("switchhook_inbox_"+name, help, labels, nil)
	}
	return &collector{
		inbox:    b,
		messages: desc("messages", "Copies in the inbox that need a delivery, or an operator, by state.", "state"),
		oldest: desc("oldest_message_age_seconds",
			"Age of the oldest copy that waits, by state, from the arrival of its callback; 0 where none waits.", "state"),
		size:     desc("size_bytes", "What the inbox takes of its capacity."),
		capacity: desc("capacity_bytes", "The size beyond which callbacks are refused; 0 for no bound."),
		diskFree: desc("disk_free_bytes", "What the file system of the inbox has left."),
		lost:     desc("lost_commits", "Commits that were found missing after an unclean stop, 1 at least where anything was: accepted callbacks that are lost."),
		inFlight: desc("in_flight", "Deliveries under way."),

		claims:     desc("claims", "Claims that this gateway has in hand, where gateways share an inbox."),
		claimed:    desc("claimed_messages", "Copies that this gateway has in hand and that have no result yet, where gateways share an inbox."),
		claimsLost: desc("claims_lost_total", "Claims that this gateway could not keep, so that others may deliver a second time what was in them."),
		keeper:     desc("keeper", "1 where this gateway is the one that looks after an inbox that gateways share."),
	}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.messages, c.oldest, c.size, c.capacity, c.diskFree, c.lost, c.inFlight,
		c.claims, c.claimed, c.claimsLost, c.keeper,
	} {
		out <- d
	}
}

// Collect implements [prometheus.Collector]. A store that does not answer has no
// series, rather than wrong ones.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	inFlight := 0
	for _, l := range c.inbox.courier.Lines() {
		inFlight += l.InFlight
	}
	gauge(c.inFlight, float64(inFlight))
	c.collectShare(out)
	stats, err := c.inbox.options.Store.Stats(ctx)
	if err != nil {
		c.inbox.options.Logger.WarnContext(ctx, "inbox does not tell what it holds", "err", err)
		return
	}
	var ready, retry, dead int64
	for _, q := range stats.Queues {
		ready, retry, dead = ready+q.Ready, retry+q.Retry, dead+q.Dead
	}
	gauge(c.messages, float64(ready), store.Ready.String())
	gauge(c.messages, float64(retry), store.Retry.String())
	gauge(c.messages, float64(dead), store.Dead.String())
	oldest := oldest(ctx, c.inbox.options.Store, stats.Queues)
	gauge(c.oldest, age(oldest.ready), store.Ready.String())
	gauge(c.oldest, age(oldest.retry), store.Retry.String())
	gauge(c.size, float64(stats.SizeBytes))
	gauge(c.capacity, float64(stats.MaxBytes))
	if stats.DiskFreeBytes >= 0 {
		gauge(c.diskFree, float64(stats.DiskFreeBytes))
	}
	lost := 0
	if stats.Loss != nil {
		lost = max(1, stats.Loss.Commits) // of a database that cannot be read nobody can count them
	}
	gauge(c.lost, float64(lost))
}

// collectShare tells what this gateway was handed; an inbox that nobody else has is at 0.
func (c *collector) collectShare(out chan<- prometheus.Metric) {
	var n share.Counts
	keeper := 0.0
	if s := c.inbox.share; s != nil {
		n = s.Counts()
		if s.Keeping() {
			keeper = 1
		}
	}
	out <- prometheus.MustNewConstMetric(c.claims, prometheus.GaugeValue, float64(n.Claims))
	out <- prometheus.MustNewConstMetric(c.claimed, prometheus.GaugeValue, float64(n.Copies))
	out <- prometheus.MustNewConstMetric(c.claimsLost, prometheus.CounterValue, float64(n.Lost))
	out <- prometheus.MustNewConstMetric(c.keeper, prometheus.GaugeValue, keeper)
}

// age is how long ago t was; 0 for the zero time.
func age(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, time.Since(t).Seconds())
}

// ages are when the oldest waiting copies were received, by state.
type ages struct{ ready, retry time.Time }

// oldest finds the oldest copy of each state. A queue says when its oldest was
// received and not of which state that is, so that one which has both is looked into.
func oldest(ctx context.Context, archive store.Archive, queues []store.Queue) (a ages) {
	for _, q := range queues {
		switch {
		case q.Waiting() == 0:
		case q.Retry == 0:
			a.ready = earlier(a.ready, q.Oldest)
		case q.Ready == 0:
			a.retry = earlier(a.retry, q.Oldest)
		default:
			a.look(ctx, archive, q)
		}
	}
	return a
}

func (a *ages) look(ctx context.Context, archive store.Archive, q store.Queue) {
	for _, s := range []struct {
		state store.State
		at    *time.Time
	}{{store.Ready, &a.ready}, {store.Retry, &a.retry}} {
		page, err := archive.Scan(ctx, store.ScanQuery{
			Filter: store.Filter{Plugin: q.Plugin, Command: q.Command, States: []store.State{s.state}, Since: q.Oldest}, Limit: 1,
		})
		if err == nil && len(page.Copies) > 0 {
			*s.at = earlier(*s.at, page.Copies[0].Event.ReceivedAt)
		}
	}
}

// earlier is the earlier of two times; a zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
