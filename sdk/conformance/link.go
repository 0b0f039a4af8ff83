package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// link is the gateway's end of the connection to a process, raw and as the
// gateway itself uses it.
type link struct {
	greeting greeting
	conn     *grpc.ClientConn
	rpc      wirepb.PluginServiceClient
	client   *wire.Client
}

func dial(g greeting, own *identity) (*link, error) {
	secured := insecure.NewCredentials()
	if own != nil {
		config, err := own.towards(g.certificate)
		if err != nil {
			return nil, err
		}
		secured = credentials.NewTLS(config)
	}
	conn, err := grpc.NewClient("passthrough:///plugin", append(wire.DialOptions(),
		grpc.WithTransportCredentials(secured),
		grpc.WithUnaryInterceptor(overhear),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, g.network, g.address)
		}),
	)...)
	if err != nil {
		return nil, fmt.Errorf("dial the plugin: %w", err)
	}
	return &link{
		greeting: g, conn: conn, rpc: wirepb.NewPluginServiceClient(conn),
		client: wire.NewClient(conn, wire.ClientOptions{Unary: true}),
	}, nil
}

func (l *link) close() {
	_ = l.client.Close() // has no error of its own
	_ = l.conn.Close()   // gone is as good
}

// answer is what came back for one callback.
type answer struct {
	raw    *wirepb.HandleResponse // as the plugin wrote it
	status error                  // instead of it: gRPC's error
	reply  sdk.Reply              // as the gateway reads it
	fault  error                  // instead of it: what the gateway makes of it
	took   time.Duration
}

type overhearing struct{}

// overhear notes what passes the link below the gateway's own reading.
func overhear(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	err := invoke(ctx, method, request, reply, conn, options...)
	if a, ok := ctx.Value(overhearing{}).(*answer); ok {
		a.status = err
		a.raw, _ = reply.(*wirepb.HandleResponse)
	}
	return err
}

// ask has the plugin answer one callback, as the gateway would.
func (s *suite) ask(ctx context.Context, p *process, cb sdk.Callback, limit time.Duration) answer {
	var a answer
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, overhearing{}, &a), limit)
	defer cancel()
	began := time.Now()
	a.reply, a.fault = p.link.client.Handle(ctx, cb)
	a.took = time.Since(began)
	return a
}

// when says how late an answer came, if it did.
func (a answer) when() string {
	if status.Code(a.status) == codes.DeadlineExceeded {
		return fmt.Sprintf("not answered within %s", round(milliseconds(a.took)))
	}
	return fmt.Sprintf("answered after %s", round(milliseconds(a.took)))
}

// flaw returns what breaks the contract in an answer, whatever was asked.
func (a answer) flaw(cb sdk.Callback) error {
	switch status.Code(a.status) {
	case codes.OK:
	case codes.DeadlineExceeded:
		return errors.New("it was not answered in time")
	case codes.Unavailable:
		return fmt.Errorf("the link broke: %w", a.status)
	case codes.ResourceExhausted:
		return fmt.Errorf("a size limit of gRPC's own stands in the way, set it to %d bytes for receiving and sending: %w", wire.MaxMessage, a.status)
	default:
		return fmt.Errorf("it was answered with a gRPC error, where a result belongs (RESULT_FAILED, RESULT_MALFORMED …): %w", a.status)
	}
	if a.fault == nil {
		if err := imevent.ContractOf(cb.Command).Check(cb, a.reply); err != nil {
			return fmt.Errorf("the answer is one that Tencent would misread: %w", err)
		}
		return nil
	}
	if sdk.KindOf(a.fault) == sdk.KindBadReply {
		return a.refused()
	}
	return nil
}

// refused says why an answer is none. The SDK of a plugin sends no result in place
// of one that it refuses itself, with the reason.
func (a answer) refused() error {
	switch unset := a.raw.GetResult() == wirepb.Result_RESULT_UNSPECIFIED; {
	case unset && a.raw.GetErrorInfo() != "":
		return fmt.Errorf("its own SDK refuses the answer of the handler: %w", a.fault)
	case unset:
		return errors.New("the answer names no result: set RESULT_HANDLED, or one that says why not")
	default:
		return fmt.Errorf("the gateway refuses the answer: %w", a.fault)
	}
}
