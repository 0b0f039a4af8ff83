package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/logging"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/dispatcher/pluginmetrics"
	"github.com/switchhook/switchhook/dispatcher/tracing"
)

// App is one gateway with all its rooms.
type App struct {
	options Options
	log     *slog.Logger
	started time.Time

	tracer     *tracing.Tracer
	dispatcher *dispatcher.Dispatcher
	gateway    *gateway.Gateway
	host       *pluginhost.Host
	measures   *pluginmetrics.Collector
	registry   *prometheus.Registry
	recent     *recent.Memory // nil where nothing is remembered
	public     net.Listener
	adminAddr  string // where the admin side listens, its port chosen

	life     life
	change   sync.Mutex   // one change of table or configuration at a time
	next     *config.File // while plugins are exchanged: what is to be in force; change guards it
	expiry   expiry       // change guards it
	mu       sync.Mutex   // guards config
	config   *config.File
	bypasses *bypasses
	audits   *auditLog
	reloads  *reloadMetrics

	inbox      atomic.Pointer[inbox.Inbox]
	shared     atomic.Pointer[jetstream.Store] // what the inbox is kept in, where gateways share it
	refused    prometheus.Counter              // events, by the inbox or for want of one
	glance     glance
	standing   atomic.Pointer[standing]
	stood      chan struct{}         // there is a new standing
	unopened   atomic.Pointer[error] // why the inbox is not open
	begin      sync.Mutex            // guards begun, and who starts the inbox
	begun      bool                  // deliveries may be made
	keeping    sync.WaitGroup        // who opens the inbox later, and keeps the subscriptions
	endKeeping context.CancelFunc
	delivered  bool      // the inbox is closed
	graceEnd   time.Time // when what is under way has to be done; zero until the end begins

	closers []closer
	serving sync.WaitGroup
	failure chan error // of a listener that gave up
}

// closer ends what a name stands for. They run in the reverse order.
type closer struct {
	name  string
	close func(context.Context) error
}

// Run runs a gateway until ctx ends and closes it in good order. It returns nil
// after a clean stop; an error says what could not be opened, served or closed.
func Run(ctx context.Context, o Options) error {
	floor := holdHeap()
	defer runtime.KeepAlive(floor)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // before anything takes its time: unhandled, it ends the process
	defer signal.Stop(hangups)
	a, err := open(ctx, o)
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) { // told to stop while starting
			return nil // a stop is no failure
		}
		return err
	}
	err = a.run(ctx, hangups)
	return errors.Join(err, a.close(context.WithoutCancel(ctx)))
}

// open makes every room and takes what must be this gateway's alone: the data
// directory, the public and the admin listeners. Nothing is started before all
// of that is had, so that a second gateway fails at once and harms nothing.
func open(ctx context.Context, o Options) (*App, error) {
	o, err := o.normalize()
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	log, err := logging.New(logging.Options{Next: o.Logger.Handler(), Registerer: registry})
	if err != nil {
		return nil, err
	}
	a := &App{
		options: o, log: slog.New(log), config: o.Config, started: time.Now(),
		registry: registry, refused: inbox.NewAppendErrors(), recent: recent.New(o.Config.Admin.Recent),
		stood: make(chan struct{}, 1), failure: make(chan error, 3), //nolint:mnd // one for each listener
	}
	a.onClose("log", func(context.Context) error { log.Close(); return nil }) //nolint:contextcheck // its last lines belong to no request
	for _, step := range []func(context.Context) error{a.openDataDir, a.openTracing, a.openCore, a.openHost, a.openMeasures, a.openBrakes, a.openInbox, a.openGateway, a.openAdmin} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.close(context.WithoutCancel(ctx)))
		}
	}
	return a, nil
}

func (a *App) openDataDir(ctx context.Context) error {
	dir, err := lockDataDir(a.config.DataDir)
	if err != nil {
		return unusable(a.config, err)
	}
	a.onClose("data dir", func(context.Context) error { return dir.Close() })
	a.warnOfOpenDirs(ctx, a.config)
	return nil
}

func (a *App) openCore(context.Context) error {
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := a.registry.Register(c); err != nil {
			return fmt.Errorf("register the process's metrics: %w", err)
		}
	}
	reloads, err := newReloadMetrics(a.registry, a.started)
	if err != nil {
		return err
	}
	a.reloads = reloads
	a.dispatcher, err = dispatcher.New(dispatcher.Options{Logger: a.log, Registerer: a.registry, Accept: a.tracer.Accept(a.accept), Attempted: a.attempted(), TraceID: a.traceID()})
	return err
}

func (a *App) openHost(context.Context) error {
	host, err := pluginhost.New(pluginhost.Options{
		Dir: a.config.PluginDir, DataDir: a.config.DataDir, Plugins: pluginConfigs(a.config),
		NoLocalState: noLocalState(a.config),
		Exec:         a.options.Exec, Logger: a.log, Registerer: a.registry, OnChange: a.claimsChanged, OnSwitch: a.switchOver, Admit: a.admit,
	})
	a.host = host
	return err
}

func (a *App) openGateway(ctx context.Context) error {
	f := a.config
	g, err := gateway.New(gateway.Options{
		CallbackPath: f.CallbackPath, HealthPath: f.HealthPath, MaxBody: int64(f.MaxBody),
		SignWindow: f.SignWindow, StrictCommand: f.StrictCommand,
		Dispatch: a.dispatcher.Dispatch, Decline: a.dispatcher.Decline, Ready: a.life.ready, Observe: a.observer(), Trace: a.tracer.Gateway(),
		TLS:    gateway.TLS{CertFile: f.TLS.Cert, KeyFile: f.TLS.Key},
		Logger: a.log, Registerer: a.registry,
	})
	if err != nil {
		return err
	}
	listener, err := gateway.Listen(ctx, f.Listen, a.log)
	if err != nil {
		return err
	}
	a.gateway, a.public = g, listener
	a.onClose("public listener", func(context.Context) error { return closed(listener.Close()) })
	if a.options.LoopbackOnly && !loopback(listener.Addr()) {
		return fmt.Errorf("listen on %s: an app was given without a token, and other machines reach this address; give its token with --app SDKAPPID=@TOKENFILE, or listen on 127.0.0.1", listener.Addr())
	}
	return nil
}

// loopback reports whether only this machine reaches addr.
func loopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (a *App) openAdmin(ctx context.Context) error {
	server, err := admin.New(admin.Options{
		Listen: a.config.Admin.Listen, Hosts: a.config.Admin.Hosts, Version: a.options.Version,
		Status: a.status, Plugins: a.pluginViews, Routes: a.routeViews, Reload: a.reload,
		ChangePlugin: a.changePlugin, Bypass: a.bypass, Audit: a.auditSocket, Inbox: a.adminInbox(),
		Recent: a.recent, Pprof: a.config.Admin.Pprof,
		Gatherer: a.registry, PluginMetrics: a.measures.Of, Registerer: a.registry, Describe: heldBy, Logger: a.log,
	})
	if err != nil {
		return err
	}
	tcp, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	a.onClose("admin listener", func(context.Context) error { return closed(tcp.Close()) })
	socket, err := admin.ListenSocket(ctx, socketPath(a.config))
	if err != nil {
		return err
	}
	a.onClose("admin socket", func(context.Context) error { return closed(socket.Close()) })
	a.adminAddr = tcp.Addr().String()
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	for _, l := range []net.Listener{tcp, socket} {
		a.serving.Go(func() { a.report(server.Serve(serving, l)) })
	}
	a.onClose("admin", func(context.Context) error {
		stop()
		a.serving.Wait()
		return nil
	})
	return nil
}

// onClose registers the end of what was just opened.
func (a *App) onClose(name string, end func(context.Context) error) {
	a.closers = append(a.closers, closer{name, end})
}

// close ends everything that was opened, the latest first.
func (a *App) close(ctx context.Context) error {
	var problems []error
	for _, c := range slices.Backward(a.closers) {
		if err := c.close(ctx); err != nil {
			problems = append(problems, fmt.Errorf("close %s: %w", c.name, err))
		}
	}
	return errors.Join(problems...)
}

// report passes on why a listener gave up.
func (a *App) report(err error) {
	if err != nil {
		a.failure <- err
	}
}

// closed forgives a listener that its server has closed already.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// heldBy names who has an address that the admin listener wants.
func heldBy(addr string) string { return " by " + gateway.Holder(addr) }
