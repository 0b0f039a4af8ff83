package sdktest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// AppID is the SDKAppID that [Link.Send] sends under.
const AppID = "1400000001"

// Options say how a plugin is started. The zero value is the usual way.
type Options struct {
	// Config is the plugin's settings as a JSON object; empty means the defaults.
	Config string
	// DataDir is the plugin's data directory; empty means a fresh one that is
	// removed after the test.
	DataDir string
	// Logger gets the plugin's log; nil means the test's own log.
	Logger *slog.Logger
}

// Link is a running plugin and the gateway's end of the link to it. Its methods
// may be called from many goroutines at once.
type Link struct {
	session *serve.Session
	client  *wire.Client
	stop    func() error // ends gRPC on both sides
	once    sync.Once
	err     error
}

// Start runs the plugin with its default settings until the test ends. The test
// fails at once when the plugin does not start.
func Start(tb testing.TB, p serve.Plugin) *Link {
	tb.Helper()
	return StartWith(tb, p, Options{})
}

// StartWith is [Start] with settings.
func StartWith(tb testing.TB, p serve.Plugin, o Options) *Link {
	tb.Helper()
	if o.DataDir == "" {
		o.DataDir = tb.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	link, err := Open(tb.Context(), p, o)
	if err != nil {
		tb.Fatalf("start plugin: %v", err)
	}
	tb.Cleanup(func() {
		if err := link.Close(); err != nil {
			tb.Errorf("close plugin: %v", err)
		}
	})
	return link
}

// Open is [StartWith] for programs and for tests of a start that fails: the error
// is what the operator would read. The options need a DataDir when the plugin
// uses one. The caller closes the link.
func Open(ctx context.Context, p serve.Plugin, o Options) (*Link, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	session, err := serve.NewSession(p, o.Logger)
	if err != nil {
		return nil, err
	}
	conn, stop, err := connect(session.Server())
	if err != nil {
		return nil, err
	}
	link := &Link{session: session, stop: stop, client: wire.NewClient(conn, wire.ClientOptions{Logger: o.Logger})}
	if err := link.open(ctx, p.Name, o); err != nil {
		_ = link.Close() //nolint:contextcheck // closing has a patience of its own; the start's error says more
		return nil, err
	}
	return link, nil
}

func (l *Link) open(ctx context.Context, name string, o Options) error {
	if _, err := l.client.Describe(ctx); err != nil {
		return err
	}
	if err := l.client.Configure(ctx, wire.Configuration{
		Config: json.RawMessage(o.Config), DataDir: o.DataDir, PluginName: name,
	}); err != nil {
		return err
	}
	return l.client.Open(ctx)
}

// connect joins the two ends by a unix socket, as in production.
func connect(server *wire.Server) (*grpc.ClientConn, func() error, error) {
	dir, err := os.MkdirTemp("", "sh") // short: a socket's path has a limit
	if err != nil {
		return nil, nil, fmt.Errorf("make socket directory: %w", err)
	}
	path := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", path) //nolint:noctx // binding a unix socket does not wait
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("listen for link: %w", err)
	}
	gs := server.NewGRPC(nil)
	wirepb.RegisterPluginServiceServer(gs, server)
	grpc_health_v1.RegisterHealthServer(gs, health.NewServer()) // as go-plugin does; the link answers in its place
	served := make(chan error, 1)
	go func() { served <- gs.Serve(listener) }()
	stopServer := func() error {
		gs.Stop()
		err := <-served
		_ = os.RemoveAll(dir)
		return err
	}
	conn, err := grpc.NewClient("unix:"+path,
		append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		_ = stopServer()
		return nil, nil, fmt.Errorf("dial link: %w", err)
	}
	return conn, func() error { _ = conn.Close(); return stopServer() }, nil
}

// Send has the plugin answer a live callback and returns its reply, as the
// gateway would take it: a reply that Tencent would misread is a bad-reply
// fault. A ctx without a deadline gets the two seconds that Tencent waits.
//
// body is the request body as a string or []byte, or a value that is encoded as
// JSON, or nil for the command's sample.
func (l *Link) Send(ctx context.Context, command string, body any) (sdk.Reply, error) {
	raw, err := encode(command, body)
	if err != nil {
		return sdk.Reply{}, err
	}
	return l.Deliver(ctx, sdk.Callback{
		ID:         "sdktest-" + rand.Text(),
		Command:    command,
		AppID:      AppID,
		ClientIP:   "203.0.113.7",
		Platform:   "iOS",
		ReceivedAt: time.Now(),
		Attempt:    1,
		Body:       raw,
	})
}

// Deliver is [Link.Send] for a callback of the test's own making, such as one
// that comes a second time or from another app.
func (l *Link) Deliver(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, tencentWaits)
		defer cancel()
	}
	reply, err := l.client.Handle(ctx, cb)
	if err != nil {
		return sdk.Reply{}, err
	}
	if err := imevent.ContractOf(cb.Command).Check(cb, reply); err != nil {
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindBadReply, Err: err}
	}
	return reply, nil
}

const tencentWaits = 2 * time.Second

// Healthy asks the plugin's Health, as the gateway does.
func (l *Link) Healthy(ctx context.Context) error { return l.client.Healthy(ctx) }

// Describe returns what the plugin says of itself, its JSON Schema included.
func (l *Link) Describe(ctx context.Context) (wire.Description, error) { return l.client.Describe(ctx) }

// Close stops the plugin as the gateway does: callbacks under way are finished,
// then the plugin's Close runs. Further calls return the same error. Tests need
// it only to look at what is left behind; [Start] closes by itself.
func (l *Link) Close() error {
	l.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		l.err = l.session.Close(ctx)
		l.settle(ctx)
		_ = l.client.Close() // has no error of its own
		if err := l.stop(); err != nil && l.err == nil {
			l.err = fmt.Errorf("stop link: %w", err)
		}
	})
	return l.err
}

// settle waits for the last answers to arrive.
func (l *Link) settle(ctx context.Context) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for l.client.InFlight() > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

const closePatience = 10 * time.Second

func encode(command string, body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		raw, ok := samples.Request(command)
		if !ok {
			return nil, fmt.Errorf("there is no sample of %s: give a body", command)
		}
		return raw, nil
	case string:
		return []byte(body), nil
	case []byte:
		return body, nil
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode body of %s: %w", command, err)
		}
		return raw, nil
	}
}
