package wire

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// outbox is the bounded queue before the writer of a stream. Anyone puts; one
// writer takes what is there, a message at a time.
type outbox[F any] struct {
	maxFrames, maxBytes int

	wake chan struct{} // holds a token while there may be something to take

	mu     sync.Mutex
	frames []sized[F] // from head on
	head   int
	bytes  int
}

type sized[F any] struct {
	frame F
	size  int
}

func newOutbox[F any](maxFrames, maxBytes int) *outbox[F] {
	return &outbox[F]{maxFrames: maxFrames, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

// put queues a frame, or reports that there is no room. An empty queue has room
// for any frame.
func (o *outbox[F]) put(frame F, size int) bool {
	o.mu.Lock()
	queued := len(o.frames) - o.head
	if queued > 0 && (queued >= o.maxFrames || o.bytes+size > o.maxBytes) {
		o.mu.Unlock()
		return false
	}
	o.push(frame, size, queued)
	return true
}

// force queues a frame that must not be lost and whose number is bounded by
// something else.
func (o *outbox[F]) force(frame F, size int) {
	o.mu.Lock()
	o.push(frame, size, len(o.frames)-o.head)
}

// push appends and unlocks. Only the frame that ends an empty queue's rest wakes
// the writer: waking is what costs.
func (o *outbox[F]) push(frame F, size, queued int) {
	o.frames = append(o.frames, sized[F]{frame, size})
	o.bytes += size
	o.mu.Unlock()
	if queued == 0 {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
}

// take moves the frames of one message to batch: at most messageFrames, and at
// most messageBytes unless the first frame alone is larger.
func (o *outbox[F]) take(batch []F) []F {
	o.mu.Lock()
	defer o.mu.Unlock()
	total := 0
	for o.head < len(o.frames) && len(batch) < messageFrames {
		next := &o.frames[o.head]
		if total > 0 && total+next.size > messageBytes {
			break
		}
		total += next.size
		o.bytes -= next.size
		batch = append(batch, next.frame)
		*next = sized[F]{}
		o.head++
	}
	o.compact()
	return batch
}

// compact keeps the slice from growing while the queue never runs empty.
func (o *outbox[F]) compact() {
	if o.head < len(o.frames)/2 {
		return
	}
	kept := copy(o.frames, o.frames[o.head:])
	clear(o.frames[kept:])
	o.frames, o.head = o.frames[:kept], 0
}

// run is the writer: it sends what is queued until ctx ends or send fails.
// Where beat is positive it sends an empty message after each such time in
// which it sent nothing else, the first one at once.
//
// Before it takes, the writer yields once. Whoever is about to put gets to do
// so, and one message carries what would have been ten; waiting on a timer
// instead would cost a lone caller more than the batch saves.
func (o *outbox[F]) run(ctx context.Context, beat time.Duration, send func([]F) error) error {
	var tick <-chan time.Time
	if beat > 0 {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		tick = ticker.C
		if err := send(nil); err != nil {
			return err
		}
	}
	batch := make([]F, 0, messageFrames)
	idle := true
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx) //nolint:wrapcheck // the caller set the cause
		case <-tick:
			if idle {
				if err := send(nil); err != nil {
					return err
				}
			}
			idle = true
			continue
		case <-o.wake:
		}
		idle = false
		runtime.Gosched()
		for batch = o.take(batch[:0]); len(batch) > 0; batch = o.take(batch[:0]) {
			if err := send(batch); err != nil {
				return err
			}
			clear(batch)
		}
	}
}
