package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Status is how the connection is.
type Status struct {
	// Connected says that a server has us, Since from when on it has or has not.
	Connected bool
	Since     time.Time
	// Reconnects counts how often another had to be found.
	Reconnects uint64
	// LastError is the last that went wrong and LastErrorAt when; empty for nothing yet.
	LastError   string
	LastErrorAt time.Time
	// Server is the name of the server that we are connected to, and Cluster its cluster's.
	Server, Cluster string
	// Leader is the server that led the log when somebody asked last.
	Leader string
}

// sayAgain is how often the log says what lasts.
const sayAgain = time.Minute

// state is what the connection's handlers have seen.
type state struct {
	logger *slog.Logger

	mu       sync.Mutex
	since    time.Time
	said     time.Time // when it was last said that the connection is lost
	last     string
	lastAt   time.Time
	leader   string
	denied   string
	deniedAt time.Time
	turn     chan struct{} // closed when the connection is another
	forced   time.Time     // when we left a server by ourselves
	logged   map[string]time.Time
}

func newState(logger *slog.Logger) *state {
	return &state{logger: logger, since: time.Now(), turn: make(chan struct{}), logged: map[string]time.Time{}}
}

// options are the handlers.
func (s *state) options() []nats.Option {
	return []nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			s.turned()
			if err == nil { // we have closed it ourselves
				return
			}
			s.failed(fmt.Errorf("the connection was lost: %w", err))
			s.logger.Warn("nats connection lost: nothing is accepted or handed out until a server is found again", "err", err)
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			s.failed(err)
			if lost, again := s.stillLost(); again {
				s.logger.Warn("nats connection is still lost", "since", lost.UTC().Format(time.RFC3339), "err", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			lost := s.turned()
			s.turnOver()
			s.logger.Info("nats connection found again", "server", nc.ConnectedServerName(), "after", time.Since(lost).Round(time.Millisecond).String())
			if old := tooOld(nc.ConnectedServerVersion()); old {
				s.failed(ErrTooOld)
				s.logger.Error("nats server is too old", "server", nc.ConnectedServerName(), "version", nc.ConnectedServerVersion())
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.failed(err)
			if s.first(err) {
				s.logger.Warn("nats reports an error", "err", err)
			}
		}),
	}
}

// turned says that there is a connection, or none any more. It returns how long it was the
// other way, by when that began.
func (s *state) turned() (before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.since = s.since, time.Now()
	s.said = s.since
	return before
}

// stillLost reports since when there is no connection, and whether to say so again.
func (s *state) stillLost() (since time.Time, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if again = time.Since(s.said) >= sayAgain; again {
		s.said = time.Now()
	}
	return s.since, again
}

// turning is closed when another connection has to be found.
func (s *state) turning() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn
}

func (s *state) turnOver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.turn)
	s.turn = make(chan struct{})
}

func (s *state) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.lastAt = err.Error(), time.Now()
	if errors.Is(err, nats.ErrPermissionViolation) {
		_, what, _ := strings.Cut(err.Error(), ": ")
		s.denied, s.deniedAt = what, time.Now()
	}
}

// first reports whether an error is worth a line: the same comes with each attempt.
func (s *state) first(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.logged[err.Error()]) < sayAgain {
		return false
	}
	if len(s.logged) > 100 {
		clear(s.logged)
	}
	s.logged[err.Error()] = time.Now()
	return true
}

// mayTurn reports whether a server may be left, which is seldom enough for an election
// of a leader to end meanwhile.
func (s *state) mayTurn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.forced) < 3*patience {
		return false
	}
	s.forced = time.Now()
	return true
}

// denial is what the servers denied us just now.
func (s *state) denial() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.deniedAt) > 4*patience {
		return ""
	}
	return s.denied
}

func (s *state) leads(info *jetstream.ClusterInfo) {
	if info == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leader = info.Leader
}

func (s *state) status(nc *nats.Conn) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Status{
		Connected: nc.IsConnected(), Since: s.since, Reconnects: nc.Stats().Reconnects,
		LastError: s.last, LastErrorAt: s.lastAt,
		Server: nc.ConnectedServerName(), Cluster: nc.ConnectedClusterName(), Leader: s.leader,
	}
}
