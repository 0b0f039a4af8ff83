package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// ClientOptions say how the gateway talks to a plugin. The zero value is the
// usual way.
type ClientOptions struct {
	// Logger is told when a stream breaks; nil means slog.Default.
	Logger *slog.Logger
	// Unary never uses the stream, also when the plugin offers it.
	Unary bool
	// MaxInFlight is how many calls a lane may have at the plugin at once; 0
	// means 4096. Further ones are overloaded.
	MaxInFlight int
	// QueueFrames and QueueBytes bound what waits to be written in a lane; 0
	// means 1024 frames and 32 MiB. What does not fit is overloaded.
	QueueFrames, QueueBytes int
}

// Client is the gateway's end of the link to one plugin process. It is an
// sdk.Handler whose errors are always a *sdk.Fault.
//
// Its methods may be called from many goroutines at once.
type Client struct {
	options ClientOptions
	rpc     wirepb.PluginServiceClient
	health  grpc_health_v1.HealthClient
	// tellsPeer: the connection is gRPC's own, which says who a call went to.
	tellsPeer bool

	offered atomic.Pointer[Description]
	lanes   atomic.Pointer[lanes]
	alone   *alone
	strays  atomic.Int64
	pulse   *pulse // of what comes apart from the streams

	opening sync.Mutex
	once    sync.Once
	broken  chan struct{}
}

var _ sdk.Handler = (*Client)(nil)

// NewClient returns the gateway's end over conn, which stays the caller's to
// close.
func NewClient(conn grpc.ClientConnInterface, o ClientOptions) *Client {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MaxInFlight <= 0 {
		o.MaxInFlight = defaultMaxInFlight
	}
	if o.QueueFrames <= 0 {
		o.QueueFrames = defaultQueueFrames
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = defaultQueueBytes
	}
	_, tellsPeer := conn.(*grpc.ClientConn)
	return &Client{
		options:   o,
		rpc:       wirepb.NewPluginServiceClient(conn),
		health:    grpc_health_v1.NewHealthClient(conn),
		tellsPeer: tellsPeer,
		alone:     newAlone(o.MaxInFlight),
		pulse:     newPulse(),
		broken:    make(chan struct{}),
	}
}

// Describe asks the plugin what it is.
func (c *Client) Describe(ctx context.Context) (Description, error) {
	m, err := c.rpc.Describe(ctx, &wirepb.DescribeRequest{})
	if err != nil {
		return Description{}, fmt.Errorf("describe plugin: %w", err)
	}
	d, err := description(m)
	if err != nil {
		return Description{}, fmt.Errorf("describe plugin: %w", err)
	}
	c.pulse.beat()
	c.offered.Store(&d)
	return d, nil
}

// Configure hands the plugin its settings. When the plugin refuses them, the
// error is a [*RefusedError] with the plugin's own words.
func (c *Client) Configure(ctx context.Context, cfg Configuration) error {
	m, err := c.rpc.Configure(ctx, cfg.message())
	if err != nil {
		return fmt.Errorf("configure plugin: %w", err)
	}
	c.pulse.beat()
	if m.GetError() != "" {
		return &RefusedError{Reason: m.GetError()}
	}
	return nil
}

// StartFailed begins the reason of a plugin that takes its settings and could not
// start with them: a database that is away is no mistake in the operator's file.
const StartFailed = "start: "

// RefusedError says that the plugin does not take its settings, or could not start.
type RefusedError struct {
	// Reason is the plugin's own text.
	Reason string
}

// Error returns the plugin's own text.
func (e *RefusedError) Error() string { return e.Reason }

// StartFailed returns why the plugin could not start, where that is what was wrong.
func (e *RefusedError) StartFailed() (why string, failed bool) {
	return strings.CutPrefix(e.Reason, StartFailed)
}

// Handle has the plugin answer cb, by stream after [Client.Open] and by a call of
// its own before. It returns as soon as ctx ends, with a timeout fault, and the
// handler's context in the plugin ends then too.
func (c *Client) Handle(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	return c.handle(ctx, &cb, nil)
}

func (c *Client) handle(ctx context.Context, cb *sdk.Callback, place Place) (sdk.Reply, error) {
	if fault := c.refusal(ctx, cb); fault != nil {
		leave(place, false)
		return sdk.Reply{}, fault
	}
	if l := c.lanes.Load(); l != nil {
		return l.pick(cb.Command).handle(ctx, cb, place)
	}
	return c.handleUnary(ctx, cb, place)
}

// refusal says why a call is not even tried; nil means that it is.
func (c *Client) refusal(ctx context.Context, cb *sdk.Callback) error {
	if len(cb.Body) > MaxBody {
		return sdk.Malformed(unsentError{fmt.Errorf("a body of %d bytes is above the limit of %d", len(cb.Body), MaxBody)})
	}
	if cb.Purpose != sdk.Live && !c.accepts(cb.Purpose) {
		return &sdk.Fault{
			Kind: sdk.KindUnsupported,
			Err:  unsentError{fmt.Errorf("the plugin does not accept the purpose %s", cb.Purpose)},
		}
	}
	if ctx.Err() != nil {
		_, err := tooLate(ctx)
		return err
	}
	return nil
}

// accepts keeps replays and dry runs from plugins that would take them for live.
func (c *Client) accepts(purpose sdk.Purpose) bool {
	d := c.offered.Load()
	switch purpose {
	case sdk.Replay:
		return d != nil && d.Has(CapabilityReplay)
	case sdk.DryRun:
		return d != nil && d.Has(CapabilityDryRun)
	default:
		return false
	}
}

// Healthy asks the plugin whether it is well. The error names the reason where
// the plugin gives one. A broken stream is never well.
func (c *Client) Healthy(ctx context.Context) error {
	if l := c.lanes.Load(); l != nil {
		if err := l.failure(); err != nil {
			return fmt.Errorf("check plugin: %w", err)
		}
	}
	if err := checkHealth(ctx, c.health); err != nil {
		return err
	}
	c.pulse.beat()
	return nil
}

// Drain asks the plugin to finish: it refuses later calls, and Drain returns when
// the calls under way are done. When ctx ends before, the error says how many
// are left. A plugin that cannot drain has nothing to say, and Drain returns at
// once.
func (c *Client) Drain(ctx context.Context) error {
	if d := c.offered.Load(); d != nil && !d.Has(CapabilityDrain) {
		return nil
	}
	request := &wirepb.DrainRequest{}
	if deadline, ok := ctx.Deadline(); ok {
		// A tenth is for the answer: it has to come back in time too.
		request.TimeoutNanos = max(1, int64(time.Until(deadline))/10*9)
	}
	m, err := c.rpc.Drain(ctx, request)
	if err != nil {
		return fmt.Errorf("drain plugin: %w", err)
	}
	if n := m.GetRemaining(); n > 0 {
		return fmt.Errorf("drain plugin: %d calls still under way", n)
	}
	return nil
}

// InFlight returns how many calls the plugin has, including those whose callers
// gave up and which the plugin has not acknowledged yet.
func (c *Client) InFlight() int {
	n := c.alone.len()
	if l := c.lanes.Load(); l != nil {
		n += l.before.calls.len() + l.after.calls.len()
	}
	return n
}

// Broken is closed when a stream has ended, and by Close. From then on calls are
// unavailable; a new process, or a new Client, is needed.
func (c *Client) Broken() <-chan struct{} { return c.broken }

// Close ends the streams. Calls that still wait are unavailable. It leaves the
// connection open.
func (c *Client) Close() error {
	c.fail() // ends an Open that still waits
	c.opening.Lock()
	defer c.opening.Unlock()
	if l := c.lanes.Load(); l != nil {
		l.before.close()
		l.after.close()
	}
	return nil
}

func (c *Client) fail() { c.once.Do(func() { close(c.broken) }) }

func (c *Client) isBroken() bool {
	select {
	case <-c.broken:
		return true
	default:
		return false
	}
}

var errClosed = errors.New("link is closed")
