package natstest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// Pretend returns the address of what says that it is a server of that version, with
// JetStream, and answers nothing but pings. It ends with the test.
func Pretend(tb testing.TB, version string) (url string) {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(tb.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it was closed
			}
			running.Go(func() { pretend(ctx, conn, version) })
		}
	})
	tb.Cleanup(func() {
		end()
		_ = listener.Close() // it was open
		running.Wait()
	})
	return "nats://" + listener.Addr().String()
}

func pretend(ctx context.Context, conn net.Conn, version string) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close() //nolint:errcheck // whatever it was, it is over
	_, err := fmt.Fprintf(conn, `INFO {"server_id":"OLD","server_name":"old","version":%q,"proto":1,"headers":true,"max_payload":1048576,"jetstream":true}`+"\r\n", version)
	for lines := bufio.NewScanner(conn); err == nil && lines.Scan(); {
		if strings.EqualFold(lines.Text(), "ping") {
			_, err = fmt.Fprint(conn, "PONG\r\n")
		}
	}
}
