package tracing

import (
	"context"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	usualQueue = 4096
	// batchSize is how many go in one message, and batchDelay how long they wait for it.
	batchSize  = 512
	batchDelay = time.Second
	// exportTimeout bounds one message with all its attempts.
	exportTimeout = 10 * time.Second
)

// outbox holds the spans that have ended until the collector has them. OpenTelemetry's
// batch processor drops without a word what does not fit, so the room is counted here,
// and what fails on the way is too.
type outbox struct {
	sdktrace.SpanProcessor // the batches

	sender     sdktrace.SpanExporter
	metrics    *metrics
	complaints *complaints
	room       int64
	waiting    atomic.Int64
	ctx        context.Context //nolint:containedctx // its end cuts exports short
	cut        context.CancelFunc
	sent       chan struct{} // closed when nothing is sent any more
}

func newOutbox(room int, sender sdktrace.SpanExporter, m *metrics, c *complaints) *outbox {
	o := &outbox{room: int64(room), sender: sender, metrics: m, complaints: c, sent: make(chan struct{})}
	o.ctx, o.cut = context.WithCancel(context.Background())
	o.SpanProcessor = sdktrace.NewBatchSpanProcessor(courier{o},
		sdktrace.WithMaxQueueSize(room), sdktrace.WithMaxExportBatchSize(batchSize),
		sdktrace.WithBatchTimeout(batchDelay), sdktrace.WithExportTimeout(2*exportTimeout))
	return o
}

// OnEnd takes a span, or drops it where the queue is full. It never waits.
func (o *outbox) OnEnd(s sdktrace.ReadOnlySpan) {
	if o.waiting.Add(1) > o.room {
		o.waiting.Add(-1)
		o.metrics.dropped.Inc()
		return
	}
	o.SpanProcessor.OnEnd(s)
}

// end waits until nothing is on its way any more, and counts what was left behind.
func (o *outbox) end(ctx context.Context) {
	o.cut()
	late := time.NewTimer(closePatience)
	defer late.Stop()
	select {
	case <-o.sent:
	case <-late.C: // which nothing in the library explains, but a stop must end
	}
	left := o.waiting.Swap(0)
	o.metrics.dropped.Add(float64(left))
	if lost := o.complaints.unsaid() + left; lost > 0 {
		o.complaints.log.WarnContext(ctx, "spans were not sent before the end", "spans", lost)
	}
}

// courier takes batches to the collector. What goes wrong there is no error to the
// batch processor, which would tell the process's one handler of it.
type courier struct{ *outbox }

// ExportSpans sends a batch, and counts it.
func (c courier) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)() //nolint:contextcheck // either of the two may end it
	err := c.sender.ExportSpans(ctx, spans)
	lost := refused(err, len(spans))
	c.waiting.Add(-int64(len(spans)))
	c.metrics.exported.Add(float64(len(spans) - lost))
	c.metrics.dropped.Add(float64(lost))
	switch {
	case err == nil:
	case c.ctx.Err() != nil: // at the end, where one line tells of all
		c.complaints.keep(int64(lost))
	default:
		c.complaints.add(ctx, err, int64(lost))
	}
	return nil
}

// Shutdown comes after the last batch.
func (c courier) Shutdown(ctx context.Context) error {
	defer close(c.sent)
	return c.sender.Shutdown(ctx) //nolint:wrapcheck // Close looks at its own time alone
}

// partial is how a collector's partial success reads. Its type is not to be had.
var partial = regexp.MustCompile(`\((\d+) spans rejected\)`)

// refused is how many spans of a batch an error means.
func refused(err error, all int) int {
	if err == nil {
		return 0
	}
	if found := partial.FindStringSubmatch(err.Error()); found != nil {
		if n, err := strconv.Atoi(found[1]); err == nil {
			return min(n, all)
		}
	}
	return all
}

// complainEvery is how often the log says that spans do not go out.
const complainEvery = time.Minute

// complaints tell the operator that spans do not go out, seldom enough.
type complaints struct {
	log *slog.Logger

	mu   sync.Mutex
	next time.Time
	lost int64 // since the last line
}

func (c *complaints) add(ctx context.Context, err error, spans int64) {
	c.mu.Lock()
	c.lost += spans
	lost, due := c.lost, !time.Now().Before(c.next)
	if due {
		c.next, c.lost = time.Now().Add(complainEvery), 0
	}
	c.mu.Unlock()
	if due {
		c.log.WarnContext(ctx, "spans are not sent: callbacks go on as before", "err", err, "spans", lost)
	}
}

// keep counts spans for a later line.
func (c *complaints) keep(spans int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost += spans
}

// unsaid returns the spans that no line has told of.
func (c *complaints) unsaid() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}
