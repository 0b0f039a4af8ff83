package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

// Limits of the admin side's HTTP server. Its callers are a few scrapers and an
// operator, so they are tight.
const (
	headerTimeout  = 2 * time.Second
	requestTimeout = 5 * time.Second
	answerTimeout  = 15 * time.Second
	idleTimeout    = 75 * time.Second
	maxHeaderBytes = 16 << 10
	// stopGrace is how long a request under way may take once the server stops.
	stopGrace = 3 * time.Second
)

// Options configure a [Server]. Status, Plugins, Routes and Gatherer are needed;
// the funcs are called from many goroutines at once, for every request, and so
// must be quick and safe for concurrent use.
type Options struct {
	// Listen is the TCP address; empty means [DefaultListen].
	Listen string
	// Hosts are names that the TCP listener answers to besides loopback names, IP
	// addresses and the host of Listen: what a scraper writes in its target list.
	Hosts []string
	// Version is the gateway's, for switchhook_build_info.
	Version string
	// Status tells the gateway as a whole.
	Status func() Status
	// Plugins tells every plugin, in the order to show.
	Plugins func() []Plugin
	// Routes tells every route, sorted by app and command.
	Routes func() []Route
	// Reload takes the configuration over, or returns every problem and leaves
	// things as they were. It is reached through the unix socket alone. Two calls
	// may come at once. Nil means that there is nothing to reload.
	Reload func(context.Context) (ReloadReport, error)
	// ChangePlugin does what the order says, with a plugin that Plugins tells of, or
	// returns why it did not and what serves now. Action, Name and TookMS of the answer
	// are filled in by the caller. Like Reload it is reached through the unix socket
	// alone, two calls may come at once, and nil means that there is no such thing.
	ChangePlugin func(context.Context, PluginOrder) (Swap, error)
	// Bypass begins or ends a bypass, under the same conditions. [PeerOf] the context
	// is who wants it.
	Bypass func(context.Context, BypassOrder) (BypassReport, error)
	// Inbox is the durable inbox; nil means that the gateway has none.
	Inbox *Inbox
	// Recent is what is remembered of the latest callbacks; nil remembers nothing.
	Recent *recent.Memory
	// Pprof serves the runtime's profiles below /debug/pprof/: on the socket, and over
	// TCP to this machine.
	Pprof bool
	// Audit is told of every change that was asked for, also of those that were
	// refused; nil means that nobody keeps a record.
	Audit AuditFunc
	// Gatherer is what /metrics tells.
	Gatherer prometheus.Gatherer
	// PluginMetrics returns what one plugin measures of itself, or an error that says
	// that there is no such plugin or none that measures itself. It is told to whoever
	// asked. Nil means that no plugin does.
	PluginMetrics func(plugin string) (prometheus.GathererFunc, error)
	// Registerer takes the metrics of this room: switchhook_ready,
	// switchhook_degraded and its reasons, switchhook_build_info, and the scrape
	// handler's own. Nil means none.
	Registerer prometheus.Registerer
	// Describe names who holds an address, for the message that it is in use:
	// " by nginx (pid 7)", or nothing. Nil means that nobody knows.
	Describe func(addr string) string
	// Logger takes what goes wrong on a connection; nil means [slog.Default].
	Logger *slog.Logger
}

// Server is the admin side. It is safe for concurrent use.
type Server struct {
	opts    Options
	log     *slog.Logger
	metrics http.Handler
	scrapes chan struct{} // holds one for each scrape of a single plugin
}

// New returns the admin side; nothing listens until [Server.Serve].
func New(o Options) (*Server, error) {
	for _, need := range []struct {
		name    string
		missing bool
	}{
		{"Status", o.Status == nil},
		{"Plugins", o.Plugins == nil},
		{"Routes", o.Routes == nil},
		{"Gatherer", o.Gatherer == nil},
	} {
		if need.missing {
			return nil, fmt.Errorf("admin options: %s is missing", need.name)
		}
	}
	if o.Inbox != nil && o.Inbox.missing() != "" {
		return nil, fmt.Errorf("admin options: Inbox.%s is missing", o.Inbox.missing())
	}
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return nil, fmt.Errorf("admin options: Listen %q: %w", o.Listen, err)
	}
	s := &Server{opts: o, log: o.Logger, scrapes: make(chan struct{}, scrapesAtOnce)}
	if s.log == nil {
		s.log = slog.Default()
	}
	if err := s.register(); err != nil {
		return nil, err
	}
	s.metrics = s.scrapeHandler()
	return s, nil
}

// Listen binds the TCP listener at [Options.Listen].
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false) // the system does not name the holder of such a socket
	l, err := config.Listen(ctx, "tcp", s.opts.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		holder := ""
		if s.opts.Describe != nil {
			holder = s.opts.Describe(s.opts.Listen)
		}
		return nil, fmt.Errorf("listen for admin: %s is in use%s: stop it or choose another with --admin-listen: %w", s.opts.Listen, holder, err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for admin at %s (--admin-listen): %w", s.opts.Listen, err)
	}
	return l, nil
}

// Serve answers on l until ctx ends, then finishes what is under way, within
// three seconds, and returns nil. A unix socket gets everything; any other
// listener gets the reads alone. It closes l. It may run once for each listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	handler := s.Handler()
	if l.Addr().Network() == "unix" {
		handler = s.SocketHandler()
	}
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       withPeer,
		ErrorLog:          slog.NewLogLogger(s.log.With("listener", "admin").Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- shutdown(ctx, srv) })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		if !stop() {
			err = errors.Join(err, <-stopped)
		}
		return fmt.Errorf("serve admin at %s: %w", l.Addr(), err)
	}
	return <-stopped
}

// shutdown lets requests under way finish, and cuts those off that take too long.
func shutdown(ctx context.Context, srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if err := srv.Shutdown(ctx); err == nil {
		return nil
	}
	if err := srv.Close(); err != nil {
		return fmt.Errorf("close admin connections: %w", err)
	}
	return nil
}
