package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
)

const (
	// statusTimeout ends a look at the inbox that leads to nothing.
	statusTimeout = 2 * time.Second
	// glancePatience is how long a health check waits for that look: less than the
	// second that load balancers give it.
	glancePatience = 250 * time.Millisecond
)

// glance looks at the inbox for health checks, which have to be answered in time also
// when its disk is not: a load balancer that took the gateway away then would switch
// moderation off. There is one look at a time, however many wait for it.
type glance struct {
	mu    sync.Mutex
	under *look // the look under way; nil for none
}

type look struct {
	done   chan struct{}
	status inbox.Status
	err    error
}

// take returns what status says, or an error where it does not say it in time.
func (g *glance) take(status func(context.Context) (inbox.Status, error)) (inbox.Status, error) {
	l := g.begin(status)
	patience := time.NewTimer(glancePatience)
	defer patience.Stop()
	select {
	case <-l.done:
		return l.status, l.err
	case <-patience.C:
		return inbox.Status{}, fmt.Errorf("it has not answered within %s: see that the disk of the data dir is well", glancePatience)
	}
}

// begin joins the look under way, or begins one.
func (g *glance) begin(status func(context.Context) (inbox.Status, error)) *look {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.under != nil {
		return g.under
	}
	l := &look{done: make(chan struct{})}
	g.under = l
	go func() { // it ends with its timeout, or with the disk
		ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
		defer cancel()
		l.status, l.err = status(ctx)
		g.mu.Lock()
		g.under = nil
		g.mu.Unlock()
		close(l.done)
	}()
	return l
}
