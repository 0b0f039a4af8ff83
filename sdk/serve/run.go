package serve

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk/serve/internal/stdout"
	"github.com/switchhook/switchhook/sdk/wire"
)

const (
	// stopGrace is how long callbacks under way may take after SIGTERM. The
	// gateway has a shorter patience of its own.
	stopGrace = 30 * time.Second
	// orphanGrace is the same when the gateway has died: nobody waits for an
	// answer, but what a handler writes should be whole.
	orphanGrace = 5 * time.Second
	// flushGrace is for the last answers to leave the process.
	flushGrace = 200 * time.Millisecond
)

// Run serves the plugin to the gateway that started the process, and exits the
// process: with 0 after a stop in good order, with 1 otherwise. Started by hand
// it says what the program is and how to use it, or, for a debugger, waits for a
// gateway: see the package doc.
func (p Plugin) Run() { os.Exit(p.run(os.Stderr)) }

func (p Plugin) run(stderr *os.File) int {
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: wantedLevel()}))
	session, err := NewSession(p, logger)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err) // there is nobody else to tell
		return 1
	}
	if os.Getenv(wire.CookieKey) != wire.CookieValue {
		return p.runByHand(stderr)
	}
	slog.SetDefault(logger)
	floor := holdHeap()
	defer runtime.KeepAlive(floor)

	var server *grpc.Server
	stop := make(chan time.Duration, 1)
	watch(stop)
	os.Stdout = stdout.Real // for the handshake alone; see restoreOutput
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake(),
		Plugins:         plugin.PluginSet{wire.PluginKey: &wire.Plugin{Served: session.Server()}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			server = session.Server().NewGRPC(options)
			go finish(session, server, stop)
			return server
		},
		Logger: quiet(logger),
	})
	if server == nil {
		return 1 // go-plugin has logged why
	}
	ctx, cancel := context.WithTimeout(context.Background(), orphanGrace)
	defer cancel()
	if err := session.Close(ctx); err != nil {
		logger.Error("plugin closed badly", "err", err)
		return 1
	}
	return 0
}

// wantedLevel is the least level of the lines that the gateway wants; info where it does
// not say.
func wantedLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(os.Getenv(wire.LogLevelKey))) != nil {
		return slog.LevelInfo
	}
	return level
}

// runByHand is run for a process that no gateway has started.
func (p Plugin) runByHand(stderr *os.File) int {
	file := os.Getenv(wire.AttachKey)
	if file == "" {
		introduce(stderr, &p)
		return 1
	}
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	slog.SetDefault(logger)
	if err := p.waitForGateway(file, os.Geteuid(), stderr, logger); err != nil {
		_, _ = fmt.Fprintln(stderr, err) // there is nobody else to tell
		return 1
	}
	return 0
}

// watch sends on stop when the process is told to end, or has lost the gateway,
// how long the callbacks under way may still take. SIGINT is for the gateway: a
// terminal sends it to the whole group.
func watch(stop chan<- time.Duration) {
	signal.Ignore(os.Interrupt)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	parent := os.Getppid()
	go func() {
		look := time.NewTicker(time.Second)
		defer look.Stop()
		for {
			select {
			case <-terminated:
				stop <- stopGrace
				return
			case <-look.C:
				if os.Getppid() != parent {
					stop <- orphanGrace
					return
				}
			}
		}
	}()
}

// finish stops the server in good order, which lets plugin.Serve return.
// go-plugin keeps streams of its own that never end, so that GracefulStop waits
// in vain; it is there to write out the last answers.
func finish(session *Session, server *grpc.Server, stop <-chan time.Duration) {
	grace := <-stop
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if left := session.Server().Finish(ctx); left > 0 {
		session.logger.Warn("callbacks cut off by stop", "calls", left)
	}
	session.Server().Stop()
	time.AfterFunc(flushGrace, server.Stop)
	server.GracefulStop()
}

// quiet is the logger for go-plugin: its errors as lines of ours.
func quiet(logger *slog.Logger) hclog.Logger { //nolint:ireturn // hclog has no other form
	return hclog.New(&hclog.LoggerOptions{
		Level:       hclog.Error,
		DisableTime: true,
		Output:      slog.NewLogLogger(logger.Handler(), slog.LevelError).Writer(),
	})
}
