package jetstream

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
)

// maxLag is how far the view may be behind the log before commits are refused: whoever
// waits for one has little time.
const maxLag = 5 * time.Second

// trouble is why the view cannot follow the log, or why nothing can be written to it.
type trouble struct {
	mu    sync.Mutex
	err   error
	since time.Time
	final bool // no waiting mends it
}

// enter takes note of a failure. The time that it began stays where only the text differs.
func (t *trouble) enter(err error, final bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.final {
		return
	}
	if t.err == nil {
		t.since = time.Now()
	}
	t.err, t.final = err, final
}

// over ends what waiting has mended.
func (t *trouble) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.final {
		t.err = nil
	}
}

// now is why, and since when; nil where all is well.
func (t *trouble) now() (since time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since, t.err
}

// Trouble says why the gateways have no store in common at the moment, as far as this one
// can tell, and since when; empty where all is well. It asks nobody.
func (s *Store) Trouble() (why string, since time.Time) {
	if since, err := s.trouble.now(); err != nil {
		return err.Error(), since
	}
	if status := s.log.Status(); !status.Connected {
		return "the NATS cluster cannot be reached (inbox.nats.servers): " + status.LastError, status.Since
	}
	if since, err := s.silence.now(); err != nil {
		return "the NATS cluster does not answer (inbox.nats.servers): " + err.Error(), since
	}
	if err := s.behind(); err != nil {
		return err.Error(), time.Now().Add(-s.position.lag())
	}
	return "", time.Time{}
}

// heard takes note of whether the cluster has answered, a question or a change.
func (s *Store) heard(err error) {
	switch {
	case err == nil:
		s.silence.over()
	case errors.Is(err, cluster.ErrUnreachable), errors.Is(err, cluster.ErrUnknown):
		s.silence.enter(err, false)
	}
}

// behind is the error of a view that lags. For as long as the cluster is away, and for a
// moment after, it is the cluster that the view waits for.
func (s *Store) behind() error {
	lag := s.position.lag()
	if lag <= maxLag {
		return nil
	}
	status := s.log.Status()
	if lag = min(lag, time.Since(status.Since)); !status.Connected || lag <= maxLag {
		return nil
	}
	if _, err := s.silence.now(); err != nil {
		return fmt.Errorf("%w: it does not answer (inbox.nats.servers)", cluster.ErrUnreachable)
	}
	mark, last := s.position.now()
	return fmt.Errorf("%w: %s behind its log, at entry %d of %d: "+
		"the disk below %s, or the way to the cluster, is slower than entries come",
		ErrBehind, lag.Round(time.Second), mark, last, s.options.Dir)
}

// ready is why nothing can be committed at the moment.
func (s *Store) ready() error {
	if _, err := s.trouble.now(); err != nil {
		return err
	}
	return s.behind()
}
