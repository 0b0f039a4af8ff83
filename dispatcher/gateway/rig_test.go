package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/sdk"
)

// The worked example of Tencent's overview page (34354).
const (
	docToken = "xxxxyyyy"
	docTime  = "1669872112"
	docSign  = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"
)

const (
	signedApp   = "1400000001" // has docToken and a second token
	insecureApp = "1400000002"
	otherApp    = "1400000003" // has a token of its own
	nextToken   = "the-next-token"
	otherToken  = "the-other-apps-token"

	beforeCommand = "C2C.CallbackBeforeSendMsg"
	afterCommand  = "Sns.CallbackBlackListAdd"
	afterBody     = `{"CallbackCommand":"Sns.CallbackBlackListAdd","PairList":[{"From_Account":"id","To_Account":"id1"}]}`

	okBody     = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
	policyBody = `{"ActionStatus":"OK","ErrorCode":1,"ErrorInfo":"by policy"}`
)

func TestMain(m *testing.M) {
	if os.Getenv(childRole) != "" {
		os.Exit(serveHandedOver())
	}
	os.Exit(leaktest.Run(m))
}

// rig is a gateway behind a real listener, its core a fake that answers OK.
type rig struct {
	t        *testing.T
	gateway  *gateway.Gateway
	addr     string
	client   *http.Client
	registry *prometheus.Registry
	logs     *logBuffer
	served   chan error

	mu   sync.Mutex
	seen []sdk.Callback
}

// docNow is the time at which docSign is fresh.
func docNow() time.Time { return time.Unix(1669872112, 0) }

// start serves a gateway until the test ends. configure may change what it is
// made from; it may be nil.
func start(t *testing.T, configure func(*gateway.Options)) *rig {
	t.Helper()
	r := &rig{t: t, registry: prometheus.NewRegistry(), logs: &logBuffer{}, served: make(chan error, 1)}
	options := gateway.Options{
		Dispatch: func(_ context.Context, cb sdk.Callback) dispatcher.Result {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen = append(r.seen, cb)
			return dispatcher.Result{}
		},
		Decline:    byPolicy,
		Logger:     slog.New(slog.NewJSONHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Registerer: r.registry,
		Now:        docNow,
	}
	if configure != nil {
		configure(&options)
	}
	g, err := gateway.New(options)
	if err != nil {
		t.Fatal(err)
	}
	g.SetApps(testApps())
	listener, err := gateway.Listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	r.gateway, r.addr, r.client = g, listener.Addr().String(), &http.Client{Transport: transport}
	go func() { r.served <- g.Serve(context.WithoutCancel(t.Context()), listener) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := g.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-r.served; err != nil {
			t.Error(err)
		}
	})
	return r
}

func testApps() []gateway.App {
	return []gateway.App{
		{ID: signedApp, Tokens: []string{docToken, nextToken}},
		{ID: insecureApp, Insecure: true},
		{ID: otherApp, Tokens: []string{otherToken}},
	}
}

// byPolicy decides for before-commands, as the dispatcher does.
func byPolicy(cb sdk.Callback, _ dispatcher.Outcome) (dispatcher.Result, bool) {
	if !strings.Contains(cb.Command, "Before") {
		return dispatcher.Result{Failed: true}, false
	}
	return dispatcher.Result{Reply: sdk.Reply{Code: 1, Info: "by policy"}}, true
}

// signedQuery is a fresh and signed query for a command.
func signedQuery(command string) string {
	return "SdkAppid=" + signedApp + "&CallbackCommand=" + command +
		"&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS&Sign=" + docSign + "&RequestTime=" + docTime
}

// signOf makes a Sign as Tencent does.
func signOf(token, requestTime string) string {
	sum := sha256.Sum256([]byte(token + requestTime))
	return hex.EncodeToString(sum[:])
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (r *rig) post(query, body string) answer {
	r.t.Helper()
	return r.send(http.MethodPost, "/?"+query, strings.NewReader(body), nil)
}

func (r *rig) send(method, target string, body io.Reader, header http.Header) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.addr+target, body)
	if err != nil {
		r.t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	return r.do(req)
}

func (r *rig) do(req *http.Request) answer {
	r.t.Helper()
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(got)}
}

// dial opens a bare connection, for what an http.Client would not send.
func (r *rig) dial() net.Conn {
	r.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(r.t.Context(), "tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// callbacks returns what has reached the core.
func (r *rig) callbacks() []sdk.Callback {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// metric returns a series' value; -1 means that it does not exist. The label is
// written name=value and may be empty.
func (r *rig) metric(name string, labels ...string) float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	series:
		for _, m := range family.GetMetric() {
			have := make(map[string]bool)
			for _, l := range m.GetLabel() {
				have[l.GetName()+"="+l.GetValue()] = true
			}
			for _, want := range labels {
				if !have[want] {
					continue series
				}
			}
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return -1
}

// wants checks a series' value.
func (r *rig) wants(value float64, name string, labels ...string) {
	r.t.Helper()
	if got := r.metric(name, labels...); got != value {
		r.t.Errorf("%s%v is %v, want %v", name, labels, got, value)
	}
}

// eventually waits until a condition holds.
func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			r.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

type (
	callback = sdk.Callback
	result   = dispatcher.Result
	outcome  = dispatcher.Outcome
)

// blockUntil is a core that says when it is entered and answers OK when told to.
func blockUntil(entered chan<- struct{}, leave <-chan struct{}) func(context.Context, callback) result {
	return func(context.Context, callback) result {
		entered <- struct{}{}
		<-leave
		return result{}
	}
}
