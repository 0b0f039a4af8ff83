package wire

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// lanes are the streams to one plugin: one for what a user waits for, one for
// reports of what has happened.
type lanes struct {
	before, after *lane
	decides       []string // commands outside the catalogue that the plugin decides
}

// pick returns the lane of a command: decisions, and the few reports whose reply
// Tencent reads, go before; all others go after.
func (l *lanes) pick(command string) *lane {
	if imevent.ContractOf(command).ReadsReply || slices.Contains(l.decides, command) {
		return l.before
	}
	return l.after
}

// decided returns the commands outside the catalogue that d claims to decide.
func decided(d *Description) []string {
	var commands []string
	for _, c := range d.Claims {
		if _, listed := imevent.Spec(c.Pattern); c.Decides && !listed {
			commands = append(commands, c.Pattern)
		}
	}
	return commands
}

func (l *lanes) failure() error {
	if err := l.before.calls.failure(); err != nil {
		return err
	}
	return l.after.calls.failure()
}

// Open opens the streams when the plugin offers them and the options allow it;
// otherwise it does nothing, and calls stay unary. It returns when the plugin has
// given the first sign of life on each, or when ctx ends. The streams outlive
// ctx.
func (c *Client) Open(ctx context.Context) error {
	c.opening.Lock()
	defer c.opening.Unlock()
	if c.options.Unary || c.lanes.Load() != nil {
		return nil
	}
	if c.isBroken() {
		return fmt.Errorf("open streams: %w", errClosed)
	}
	if c.offered.Load() == nil {
		if _, err := c.Describe(ctx); err != nil {
			return err
		}
	}
	if !c.offered.Load().Has(CapabilityStream) {
		return nil
	}
	before, err := c.openLane(ctx, "before")
	if err != nil {
		return err
	}
	after, err := c.openLane(ctx, "after")
	if err != nil {
		before.close()
		return err
	}
	c.lanes.Store(&lanes{before: before, after: after, decides: decided(c.offered.Load())})
	return nil
}

func (c *Client) openLane(ctx context.Context, name string) (*lane, error) {
	streamCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	opened := c.cancelUntilOpen(ctx, cancel)
	stream, err := c.rpc.HandleStream(streamCtx)
	opened()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open %s stream: %w", name, err)
	}
	l := &lane{
		stream: stream,
		cancel: cancel,
		calls:  newRegister(c.options.MaxInFlight),
		out:    newOutbox[outgoing](c.options.QueueFrames, c.options.QueueBytes),
		pulse:  newPulse(),
		strays: &c.strays,
		first:  make(chan struct{}),
		broken: func(err error) { c.lost(name, err) },
	}
	l.start(streamCtx)
	select {
	case <-l.first:
		return l, nil
	case <-c.broken:
		l.close()
		err = l.calls.failure()
	case <-ctx.Done():
		l.close()
		err = context.Cause(ctx)
	}
	return nil, fmt.Errorf("open %s stream: %w", name, err)
}

// cancelUntilOpen cancels a stream when ctx or the client ends before the stream is
// open, which opened says: gRPC waits for a connection, and for the plugin's leave
// to open one more stream.
func (c *Client) cancelUntilOpen(ctx context.Context, cancel context.CancelFunc) (opened func()) {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-ctx.Done():
			cancel()
		case <-c.broken:
			cancel()
		case <-done:
		}
	})
	return func() {
		close(done)
		watch.Wait() // what ends ctx from now on does not end the stream
	}
}

// lost notes the end of a stream, and that it was not asked for.
func (c *Client) lost(name string, err error) {
	if !c.isBroken() {
		c.options.Logger.Warn("plugin stream broke", "lane", name, "err", err)
	}
	c.fail()
}
