package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func TestDescriptionArrivesWhole(t *testing.T) {
	t.Parallel()
	d := wire.Description{
		Name: "blacklist", Version: "1.2.3", SDKVersion: "v0.1.0", Language: "go",
		Claims: []sdk.Claim{
			{Pattern: "Sns.*", Idempotent: true, Timeout: time.Second},
			{Pattern: "Group.CallbackBeforeSendMsg", Rewrites: true, Decides: true},
		},
		Instances: wire.InstancesExclusive, State: wire.StateLocal, Capabilities: []string{wire.CapabilityReplay},
		ConfigSchema: json.RawMessage(`{"type":"object"}`), Help: "# Help",
	}
	e := connect(t, wire.Service{Description: d, Handler: sdk.HandlerFunc(echo)}, wire.ClientOptions{})
	got, err := e.client.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.Capabilities = []string{wire.CapabilityReplay, wire.CapabilityStream, wire.CapabilityDrain}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Error(diff)
	}
}

func TestDescriptionThatSaysNothingMeansTheUsual(t *testing.T) {
	t.Parallel()
	client := (&fakePlugin{description: &wirepb.DescribeResponse{}}).connect(t, wire.ClientOptions{})
	got, err := client.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wire.Description{Instances: wire.InstancesShared, State: wire.StateNone}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDescriptionWithBrokenSchemaIsRefused(t *testing.T) {
	t.Parallel()
	fake := &fakePlugin{}
	client := fake.connect(t, wire.ClientOptions{})
	fake.description = &wirepb.DescribeResponse{ConfigSchema: []byte(`{"type":`)}
	if _, err := client.Describe(t.Context()); err == nil || err.Error() != "describe plugin: its config schema is not JSON" {
		t.Errorf("err = %v", err)
	}
}

func TestConfigureArrivesOnceAndBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	var got wire.Configuration
	e := connect(t, wire.Service{
		Configure: func(_ context.Context, c wire.Configuration) error {
			got = c
			return nil
		},
		Handler: sdk.HandlerFunc(echo),
	}, wire.ClientOptions{})
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	if fault := want(t, err, sdk.KindFailed); fault.Error() != "the plugin is not configured yet" {
		t.Errorf("a call before Configure: %v", fault)
	}
	c := wire.Configuration{Config: json.RawMessage(`{"a":1}`), DataDir: "/data", PluginName: "renamed", Replica: 3}
	if err := e.client.Configure(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Error(diff)
	}
	if _, err := e.client.Handle(t.Context(), event(afterCommand)); err != nil {
		t.Errorf("a call after Configure: %v", err)
	}
	refused(t, e.client.Configure(t.Context(), c), "the plugin is configured already: a change of settings takes a new process")
}

func TestDryRunOfSettingsIsFollowedByNoCall(t *testing.T) {
	t.Parallel()
	e := connect(t, wire.Service{
		Configure: func(context.Context, wire.Configuration) error { return nil },
		Handler:   sdk.HandlerFunc(echo),
	}, wire.ClientOptions{})
	if err := e.client.Configure(t.Context(), wire.Configuration{DryRun: true}); err != nil {
		t.Fatal(err)
	}
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	want(t, err, sdk.KindFailed)
}

func TestRefusedSettingsComeWithThePluginsWords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		configure func(context.Context, wire.Configuration) error
		text      string
	}{
		"an error is said":   {func(context.Context, wire.Configuration) error { return errors.New("path: missing") }, "path: missing"},
		"a panic is said":    {func(context.Context, wire.Configuration) error { panic("oops") }, "configure panicked: oops"},
		"any bytes are said": {func(context.Context, wire.Configuration) error { return errors.New("\xff") }, "\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := connect(t, wire.Service{Configure: test.configure, Handler: sdk.HandlerFunc(echo)}, wire.ClientOptions{})
			refused(t, e.client.Configure(t.Context(), wire.Configuration{}), test.text)
		})
	}
}

func refused(t *testing.T, err error, text string) {
	t.Helper()
	if r, ok := errors.AsType[*wire.RefusedError](err); !ok || r.Reason != text {
		t.Errorf("err = %v, want the refusal %q", err, text)
	}
}

func TestHealthIsThePluginsOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		health func(context.Context) error
		text   string
	}{
		"nothing said is well":   {nil, ""},
		"nil is well":            {func(context.Context) error { return nil }, ""},
		"an error is the reason": {func(context.Context) error { return errors.New("disk full ☂") }, "disk full ☂"},
		"a panic is a reason":    {func(context.Context) error { panic("oops") }, "health check panicked: oops"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := wire.NewServer(wire.Service{
				Health: test.health, Handler: sdk.HandlerFunc(echo), Logger: slog.New(slog.DiscardHandler),
			})
			gs := server.NewGRPC(nil)
			// As go-plugin does: a health service that is always well.
			always := health.NewServer()
			always.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
			grpc_health_v1.RegisterHealthServer(gs, always)
			conn := serveOn(t, gs)
			err := wire.NewClient(conn, wire.ClientOptions{}).Healthy(t.Context())
			if (err == nil) != (test.text == "") || err != nil && err.Error() != test.text {
				t.Errorf("err = %v, want %q", err, test.text)
			}
			stream, err := grpc_health_v1.NewHealthClient(conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); status.Code(err) != codes.Unimplemented {
				t.Errorf("watch: %v", err)
			}
		})
	}
}

// The gateway kills what does not answer: a health func that waits for something
// slow must not look like that.
func TestAHealthFuncThatHangsIsToldInTimeAndRunsOnce(t *testing.T) {
	t.Parallel()
	var running, most atomic.Int64
	end := make(chan struct{})
	gs := wire.NewServer(wire.Service{Handler: sdk.HandlerFunc(echo), Health: func(context.Context) error {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		<-end
		return nil
	}}).NewGRPC(nil)
	grpc_health_v1.RegisterHealthServer(gs, health.NewServer())
	client := wire.NewClient(serveOn(t, gs), wire.ClientOptions{})
	for range 2 {
		err := client.Healthy(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), "its health check has not returned for ") {
			t.Errorf("err = %v", err)
		}
	}
	close(end)
	if err := client.Healthy(t.Context()); err != nil {
		t.Errorf("err = %v", err)
	}
	if most.Load() != 1 {
		t.Errorf("the health func ran %d times at once", most.Load())
	}
}

func TestPluginThatDoesNotServeIsNotHealthy(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]grpc_health_v1.HealthCheckResponse_ServingStatus{
		"not serving": grpc_health_v1.HealthCheckResponse_NOT_SERVING,
		"unknown":     grpc_health_v1.HealthCheckResponse_UNKNOWN,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gs := grpc.NewServer()
			other := health.NewServer() // a plugin without the SDK
			other.SetServingStatus("plugin", state)
			grpc_health_v1.RegisterHealthServer(gs, other)
			client := wire.NewClient(serveOn(t, gs), wire.ClientOptions{})
			if err := client.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), state.String()) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestDrainWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			entered, free := make(chan struct{}), make(chan struct{})
			e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
				close(entered)
				<-free
				return echo(ctx, cb)
			}, options)
			call, drained := make(chan error, 1), make(chan error, 1)
			go func() {
				_, err := e.client.Handle(context.Background(), event(afterCommand))
				call <- err
			}()
			<-entered
			go func() { drained <- e.client.Drain(context.Background()) }()
			var err error
			for err == nil || sdk.KindOf(err) != sdk.KindOverloaded { // until the drain has begun
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				ready := make(chan struct{})
				go func() {
					defer close(ready)
					_, err = e.client.Handle(ctx, sdk.Callback{ID: "late"})
				}()
				<-ready
				cancel()
			}
			if !errors.Is(err, wire.ErrDraining) || !errors.Is(err, wire.ErrNotSent) || !strings.Contains(err.Error(), "draining") {
				t.Errorf("a call while draining: %v", err)
			}
			select {
			case err := <-drained:
				t.Errorf("drain returned before the call: %v", err)
			default:
			}
			close(free)
			if err := <-call; err != nil {
				t.Errorf("the call under way: %v", err)
			}
			if err := <-drained; err != nil {
				t.Errorf("drain: %v", err)
			}
		})
	}
}

func TestDrainSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	entered, free := make(chan struct{}), make(chan struct{})
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		close(entered)
		<-free
		return echo(ctx, cb)
	}, wire.ClientOptions{})
	call := make(chan error, 1)
	go func() {
		_, err := e.client.Handle(context.Background(), event(afterCommand))
		call <- err
	}()
	<-entered
	drain := func(timeout time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		return e.client.Drain(ctx)
	}
	timeout := time.Second
	err := drain(timeout)
	// The answer comes shortly before the time is over, which a busy machine may miss.
	for ; status.Code(errors.Unwrap(err)) == codes.DeadlineExceeded && timeout < time.Minute; err = drain(timeout) {
		timeout *= 2
	}
	if err == nil || err.Error() != "drain plugin: 1 calls still under way" {
		t.Errorf("err = %v", err)
	}
	close(free)
	if err := <-call; err != nil {
		t.Error(err)
	}
}

func TestStopEndsTheStreamsSoThatGRPCCanStopInGoodOrder(t *testing.T) {
	t.Parallel()
	e := open(t, echo, wire.ClientOptions{})
	e.server.Stop()
	<-e.client.Broken()
	e.grpc.GracefulStop()
}

func TestGlueJoinsBothEndsToGoPlugin(t *testing.T) {
	t.Parallel()
	server := wire.NewServer(wire.Service{Handler: sdk.HandlerFunc(echo)})
	client, _ := plugin.TestPluginGRPCConn(t, false, map[string]plugin.Plugin{
		wire.PluginKey: &wire.Plugin{Served: server},
	})
	defer func() { _ = client.Close() }()
	raw, err := client.Dispense(wire.PluginKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.(*wire.Client).Describe(t.Context()); err != nil {
		t.Error(err)
	}
}
