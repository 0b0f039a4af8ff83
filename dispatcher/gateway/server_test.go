package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	r := start(t, func(o *gateway.Options) { o.Dispatch = blockUntil(entered, leave) })
	inFlight := make(chan answer)
	go func() { inFlight <- r.post(signedQuery(afterCommand), afterBody) }()
	<-entered
	r.wants(1, "switchhook_http_requests_in_flight")
	r.wants(1, "switchhook_http_connections", "state=active")

	down := make(chan error)
	go func() { down <- r.gateway.Shutdown(t.Context()) }()
	r.eventually("nobody else is accepted", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-down:
		t.Fatalf("shut down with a callback in flight: %v", err)
	default:
	}
	close(leave)
	if got := <-inFlight; got.status != http.StatusOK || got.body != okBody {
		t.Errorf("the callback in flight got %d %s", got.status, got.body)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	r := start(t, func(o *gateway.Options) {
		o.Dispatch = func(ctx context.Context, _ callback) result {
			entered <- struct{}{}
			<-ctx.Done()
			return result{}
		}
	})
	conn := r.dial()
	if _, err := io.WriteString(conn, "POST /?"+signedQuery(afterCommand)+" HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
		t.Fatal(err)
	}
	<-entered
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.gateway.Shutdown(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown returned %v", err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes from a connection that was cut", n)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(gateway.Options{Dispatch: func(context.Context, callback) result { return result{} }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- g.Serve(ctx, listener) }()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeSaysWhyItEnded(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(gateway.Options{Dispatch: func(context.Context, callback) result { return result{} }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Serve(t.Context(), listener); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve returned %v", err)
	}
}

func TestConnectionsAboveTheLimitWait(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *gateway.Options) { o.MaxConnections = 1 })
	first, second := r.dial(), r.dial()
	request := "POST /?" + signedQuery(afterCommand) + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}"
	reader := bufio.NewReader(first)
	if _, err := io.WriteString(second, request); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := io.WriteString(first, request); err != nil {
			t.Fatal(err)
		}
		readAnswer(t, reader)
	}
	if n := len(r.callbacks()); n != 3 {
		t.Errorf("%d callbacks came through one connection", n)
	}
	_ = first.Close()
	if got := readAnswer(t, bufio.NewReader(second)); got.status != http.StatusOK {
		t.Errorf("the second connection got %d", got.status)
	}
}

func TestConnectionGauge(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	conn := r.dial()
	r.eventually("the connection is new", func() bool { return r.metric("switchhook_http_connections", "state=new") == 1 })
	if _, err := fmt.Fprintf(conn, "POST /?%s HTTP/1.1\r\nHost: gateway\r\nContent-Length: %d\r\n\r\n%s", signedQuery(afterCommand), len(afterBody), afterBody); err != nil {
		t.Fatal(err)
	}
	readAnswer(t, bufio.NewReader(conn))
	r.eventually("the connection is idle", func() bool {
		return r.metric("switchhook_http_connections", "state=idle") == 1 && r.metric("switchhook_http_connections", "state=new") == 0
	})
	_ = conn.Close()
	r.eventually("no connection is left", func() bool { return r.metric("switchhook_http_connections", "state=idle") == 0 })
}

func TestHeadersThatDoNotEndCutTheConnection(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	conn := r.dial()
	if _, err := io.WriteString(conn, "POST /?"+signedQuery(afterCommand)+" HTTP/1.1\r\nHost: gate"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil { // returns once the server hangs up
		t.Fatal(err)
	}
	if n := len(r.callbacks()); n != 0 {
		t.Errorf("%d callbacks reached the core", n)
	}
}

func TestHeadersTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	got := r.send(http.MethodPost, "/?"+signedQuery(afterCommand), nil, http.Header{"X-Large": {strings.Repeat("x", 40<<10)}})
	if got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %d", got.status)
	}
}

// Idle connections of strangers would take the places of Tencent's.
func TestStrangersAreNotKept(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]string{
		"another path":   "POST /else HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n",
		"another method": "GET / HTTP/1.1\r\nHost: gateway\r\n\r\n",
		"no Sign":        "POST /?SdkAppid=" + signedApp + "&CallbackCommand=" + afterCommand + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := start(t, nil).dial()
			if _, err := io.WriteString(conn, request); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			readAnswer(t, in)
			if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("the connection was kept: %v", err)
			}
		})
	}
}
