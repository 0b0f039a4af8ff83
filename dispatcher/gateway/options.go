package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// The values of fields that are left at zero.
const (
	DefaultCallbackPath     = "/"
	DefaultMaxBody          = 1 << 20
	DefaultSignWindow       = time.Minute
	DefaultBodyTimeout      = 1500 * time.Millisecond
	DefaultWriteTimeout     = 3 * time.Second
	DefaultMaxConnections   = 4096
	DefaultMaxInFlightBytes = 64 << 20
)

// maxBodyLimit is the most that MaxBody may be: what the wire to a plugin takes.
const maxBodyLimit = 8 << 20

// App is one app whose callbacks are let in.
type App struct {
	// ID is the SDKAppID, in decimal.
	ID string
	// Tokens are the authentication tokens of Tencent's console that are valid
	// now: several during a rotation. Empty ones are ignored.
	Tokens []string
	// Insecure lets in an app that has no token, without any check. It changes
	// nothing for an app that has one.
	Insecure bool
}

// Options say what a Gateway does. Only Dispatch is required; any other field
// left at zero means the usual.
type Options struct {
	// CallbackPath is the one path that callbacks are posted to; "/" when empty.
	// It is compared exactly.
	CallbackPath string
	// HealthPath answers GET with 200 while Ready, else 503, for load balancers
	// that see the public listener only. Empty means that there is none.
	HealthPath string
	// MaxBody is the largest body in bytes: 1 MiB when 0, never above 8 MiB.
	MaxBody int64
	// SignWindow is how far RequestTime may be from now, either way; a minute
	// when 0, which is what Tencent's LiveKit page says.
	SignWindow time.Duration
	// BodyTimeout is how long a request may take to arrive, headers and body
	// together, counted from its first byte; 1.5 s when 0, which leaves a policy
	// time to answer inside Tencent's 2 s. [Gateway.Serve] holds to it.
	BodyTimeout time.Duration
	// WriteTimeout is how long an answer may take to be sent; 3 s when 0.
	WriteTimeout time.Duration
	// StrictCommand refuses a body whose CallbackCommand is not the URL's. It is
	// counted either way.
	StrictCommand bool

	// Dispatch answers a callback. It gets a body that nobody else writes to, and
	// may keep it.
	Dispatch func(context.Context, sdk.Callback) dispatcher.Result
	// Decline answers a callback of which the app and the Sign hold but that
	// cannot be dispatched, for what outcome says. Its Body is nil, or whole where
	// only its content is wrong. When decided is false the gateway answers with a
	// status. Nil decides nothing.
	Decline func(sdk.Callback, dispatcher.Outcome) (result dispatcher.Result, decided bool)
	// Key gives a callback its Key; nil asks the command's row in imevent, or the
	// body's hash where the command has none.
	Key func(sdk.Callback) string
	// Observe is told of every callback that was answered, of which the app and the
	// Sign hold: once, just after the answer was written, by the goroutine that
	// wrote it, which waits. Nil observes nothing and costs nothing.
	Observe func(Answered)
	// Trace is told of every callback of which the app and the Sign hold, before its
	// body is read. The callback is answered in the context that it returns, and what
	// it returns is told of the answer, once, after that was written; nil is not.
	// A nil Trace traces nothing and costs nothing.
	Trace func(ctx context.Context, cb sdk.Callback) (context.Context, func(status int, outcome dispatcher.Outcome))
	// Ready is asked by HealthPath; nil means always.
	Ready func() bool

	// TLS is the certificate to serve with; the zero TLS serves plain HTTP.
	TLS TLS
	// MaxConnections is how many connections may be open at once; 4096 when 0.
	// More wait in the kernel's queue.
	MaxConnections int
	// MaxInFlightBytes bounds the bodies held at once, in bytes; 64 MiB when 0.
	MaxInFlightBytes int64

	// Logger gets what an operator should know; nil discards it. It never gets a
	// body, a token or a Sign.
	Logger *slog.Logger
	// Registerer gets the gateway's metrics; nil keeps them to itself.
	Registerer prometheus.Registerer
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// withDefaults returns o with its zero fields filled in.
func (o Options) withDefaults() Options {
	if o.CallbackPath == "" {
		o.CallbackPath = DefaultCallbackPath
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.SignWindow == 0 {
		o.SignWindow = DefaultSignWindow
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = DefaultBodyTimeout
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = DefaultWriteTimeout
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = DefaultMaxConnections
	}
	if o.MaxInFlightBytes == 0 {
		o.MaxInFlightBytes = DefaultMaxInFlightBytes
	}
	return o.withHooks()
}

// withHooks returns o with its nil funcs and sinks filled in.
func (o Options) withHooks() Options {
	if o.Decline == nil {
		o.Decline = func(sdk.Callback, dispatcher.Outcome) (dispatcher.Result, bool) { return dispatcher.Result{}, false }
	}
	if o.Key == nil {
		o.Key = documentedKey
	}
	if o.Ready == nil {
		o.Ready = func() bool { return true }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// documentedKey returns the key that the command's row defines.
func documentedKey(cb sdk.Callback) string {
	key, _ := imevent.ContractOf(cb.Command).Key(cb)
	return key
}

// check names every field of o that cannot be served with.
func (o Options) check() error {
	var problems []error
	wrong := func(is bool, field, why string) {
		if is {
			problems = append(problems, fmt.Errorf("option %s: %s", field, why))
		}
	}
	wrong(o.Dispatch == nil, "Dispatch", "is required")
	wrong(!strings.HasPrefix(o.CallbackPath, "/"), "CallbackPath", "must begin with /")
	wrong(o.HealthPath != "" && !strings.HasPrefix(o.HealthPath, "/"), "HealthPath", "must begin with /")
	wrong(o.HealthPath == o.CallbackPath, "HealthPath", "must differ from CallbackPath")
	wrong(o.MaxBody < 1 || o.MaxBody > maxBodyLimit, "MaxBody", "must be between 1 byte and 8 MiB")
	wrong(o.SignWindow < 0, "SignWindow", "must not be negative")
	wrong(o.BodyTimeout < 0, "BodyTimeout", "must not be negative")
	wrong(o.WriteTimeout < 0, "WriteTimeout", "must not be negative")
	wrong(o.MaxConnections < 0, "MaxConnections", "must not be negative")
	wrong(o.MaxInFlightBytes <= o.MaxBody, "MaxInFlightBytes", "must be more than MaxBody")
	wrong((o.TLS.CertFile == "") != (o.TLS.KeyFile == ""), "TLS", "needs both CertFile and KeyFile, or neither")
	return errors.Join(problems...)
}
