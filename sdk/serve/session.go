package serve

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// Session is the life of one plugin, from its description to its Close. [Plugin.Run]
// and package sdktest hold one; plugins do not.
type Session struct {
	plugin Plugin
	logger *slog.Logger
	server *wire.Server

	life context.Context //nolint:containedctx // the life that Start is given, not a request's
	end  context.CancelFunc

	mu      sync.Mutex
	started bool
}

// NewSession checks the plugin and makes ready to serve it. Its log goes to
// logger.
func NewSession(p Plugin, logger *slog.Logger) (*Session, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	d, err := p.description()
	if err != nil {
		return nil, err
	}
	s := &Session{plugin: p, logger: logger}
	s.life, s.end = context.WithCancel(context.Background()) // ends in Close
	s.server = wire.NewServer(wire.Service{
		Description: d,
		Configure:   s.configure,
		Handler:     p.Mux,
		Health:      s.health,
		Metrics:     p.Metrics,
		Logger:      logger,
		MaxInFlight: p.MaxInFlight,
	})
	return s, nil
}

// Server returns the plugin's end of the link.
func (s *Session) Server() *wire.Server { return s.server }

func (s *Session) configure(ctx context.Context, c wire.Configuration) error {
	restoreOutput()
	if c.DryRun {
		// What follows reads over the defaults again, which Validate may have changed.
		defer keepDefaults(s.plugin.Config).restore()
		return readConfig(c.Config, s.plugin.Config)
	}
	if err := readConfig(c.Config, s.plugin.Config); err != nil {
		return err
	}
	if s.plugin.Start != nil {
		stop := context.AfterFunc(ctx, s.end)
		err := s.plugin.Start(s.life, Env{ //nolint:contextcheck // Start gets the plugin's life, not the call's
			DataDir: c.DataDir, Logger: s.logger, PluginName: c.PluginName, Replica: c.Replica,
		})
		if err != nil {
			return fmt.Errorf(wire.StartFailed+"%w", err)
		}
		if !stop() {
			return fmt.Errorf(wire.StartFailed+"%w", context.Cause(ctx))
		}
	}
	s.mu.Lock()
	s.started = true
	s.mu.Unlock()
	return nil
}

func (s *Session) health(ctx context.Context) error {
	if s.plugin.Health == nil || !s.isStarted() {
		return nil
	}
	return s.plugin.Health(ctx)
}

func (s *Session) isStarted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.started
}

// cancelGrace is how long handlers have to return once their contexts ended.
const cancelGrace = time.Second

// Close refuses further callbacks, waits for those under way until ctx ends,
// cancels the rest, and runs the plugin's Close. Where a handler does not even
// heed that, Close is left out: it would pull the ground from under it. Close may be
// called again then.
func (s *Session) Close(ctx context.Context) error {
	left := s.server.Finish(ctx)
	s.server.Stop()
	s.end()
	if left > 0 {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelGrace)
		left = s.server.Finish(last)
		cancel()
	}
	if left > 0 {
		return &stuckError{handlers: left}
	}
	s.mu.Lock()
	run := s.started && s.plugin.Close != nil
	s.started = false
	s.mu.Unlock()
	if !run {
		return nil
	}
	return s.runClose(context.WithoutCancel(ctx))
}

// stuckError is the end of a life that handlers have outlived.
type stuckError struct{ handlers int }

func (e *stuckError) Error() string {
	return fmt.Sprintf("close plugin: %d handlers do not return", e.handlers)
}

func (s *Session) runClose(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.logger.ErrorContext(ctx, "plugin code panicked", "in", "close", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("close panicked: %v", v)
		}
	}()
	return s.plugin.Close(ctx)
}
