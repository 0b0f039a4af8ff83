package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

func newBenchGateway(b *testing.B) *gateway.Gateway {
	b.Helper()
	g, err := gateway.New(gateway.Options{
		Dispatch: func(context.Context, callback) result { return result{} },
		Observe:  func(gateway.Answered) {}, // as every gateway that remembers callbacks has it
		Now:      docNow,
	})
	if err != nil {
		b.Fatal(err)
	}
	g.SetApps(testApps())
	return g
}

// bareHandler is the least that net/http can do: read the body, answer OK.
func bareHandler(w http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	_, _ = io.WriteString(w, okBody)
}

// reusableWriter is a response writer that allocates nothing.
type reusableWriter struct{ header http.Header }

func (w *reusableWriter) Header() http.Header             { return w.header }
func (w *reusableWriter) Write(p []byte) (int, error)     { return len(p), nil }
func (w *reusableWriter) WriteHeader(int)                 {}
func (w *reusableWriter) SetReadDeadline(time.Time) error { return nil }

// BenchmarkHandler is the gateway's own part of a callback.
func BenchmarkHandler(b *testing.B) {
	handler := newBenchGateway(b).Handler()
	for _, size := range []int{0, 12 << 10} {
		b.Run(fmt.Sprintf("body=%d", len(afterBody)+size), func(b *testing.B) {
			text := strings.Replace(afterBody, "{", `{"Padding":"`+strings.Repeat("x", size)+`",`, 1)
			body := strings.NewReader(text)
			request := httptest.NewRequest(http.MethodPost, "/?"+signedQuery(afterCommand), body)
			w := &reusableWriter{header: make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(text)
				handler.ServeHTTP(w, request)
			}
		})
	}
}

// BenchmarkServed is a callback over a connection that is kept open, client
// included, through the gateway and through the barest server there is.
func BenchmarkServed(b *testing.B) {
	for name, handler := range map[string]http.Handler{
		"gateway": newBenchGateway(b).Handler(), "bare": http.HandlerFunc(bareHandler),
	} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			request := []byte("POST /?" + signedQuery(afterCommand) + " HTTP/1.1\r\nHost: gateway\r\nContent-Length: " +
				strconv.Itoa(len(afterBody)) + "\r\n\r\n" + afterBody)
			reader := bufio.NewReader(conn)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(request); err != nil {
					b.Fatal(err)
				}
				skipAnswer(b, reader)
			}
		})
	}
}

// skipAnswer reads one answer whose body is okBody.
func skipAnswer(b *testing.B, reader *bufio.Reader) {
	b.Helper()
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			b.Fatal(err)
		}
		if len(line) <= 2 {
			break
		}
	}
	if _, err := reader.Discard(len(okBody)); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkQuery(b *testing.B) {
	raw := signedQuery(afterCommand)
	b.ReportAllocs()
	for b.Loop() {
		gateway.ReadQuery(raw)
	}
}

func BenchmarkSign(b *testing.B) {
	query := signedQuery(afterCommand)
	q, _ := gateway.ReadQuery(query)
	b.ReportAllocs()
	for b.Loop() {
		gateway.CheckSign([]string{docToken}, q.Sign, q.RequestTime, docNow(), gateway.DefaultSignWindow)
	}
}

func BenchmarkEnvelope(b *testing.B) {
	var envelopes gateway.Envelopes
	body := []byte(afterBody)
	b.ReportAllocs()
	for b.Loop() {
		envelopes.Read(body, afterCommand)
	}
}

func BenchmarkID(b *testing.B) {
	now := docNow()
	b.ReportAllocs()
	for b.Loop() {
		gateway.NewID(now)
	}
}
