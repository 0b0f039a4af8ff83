package courier_test

import (
	"context"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// gate is a plugin that keeps callbacks until it is opened.
type gate struct{ opened chan struct{} }

func newGate() *gate { return &gate{make(chan struct{})} }

func (g *gate) handle(context.Context, string, sdk.Callback) error {
	<-g.opened
	return nil
}

func (g *gate) open() { close(g.opened) }

// slowArchive is an archive that can be held up once it has its answer, and fail.
type slowArchive struct {
	courier.Archive
	mu   sync.Mutex
	then func()
	err  error
}

// before has the next answer wait for f.
func (a *slowArchive) before(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.then = f
}

func (a *slowArchive) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

func (a *slowArchive) Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error) {
	copies, err := a.Archive.Waiting(ctx, q)
	a.mu.Lock()
	then, fail := a.then, a.err
	a.then = nil
	a.mu.Unlock()
	if then != nil {
		then()
	}
	if fail != nil {
		return nil, fail
	}
	return copies, err
}

func (a *slowArchive) Due(ctx context.Context, q store.DueQuery) ([]store.Copy, time.Time, error) {
	a.mu.Lock()
	fail := a.err
	a.mu.Unlock()
	if fail != nil {
		return nil, time.Time{}, fail
	}
	return a.Archive.Due(ctx, q)
}

// dyingPlugin is a plugin whose process ends with everything in hand when the poison
// comes, and that gives the poison up after three deaths.
type dyingPlugin struct {
	poison string
	mu     sync.Mutex
	died   chan struct{}
	deaths map[string]int
}

func (p *dyingPlugin) handle(_ context.Context, _ string, cb sdk.Callback) error {
	p.mu.Lock()
	if p.died == nil {
		p.died, p.deaths = make(chan struct{}), map[string]int{}
	}
	if p.deaths[cb.ID] >= 3 {
		p.mu.Unlock()
		return errPoison
	}
	died := p.died
	p.mu.Unlock()
	work := time.After(50 * time.Millisecond)
	if string(cb.Body) == p.poison {
		<-time.After(10 * time.Millisecond)
		p.mu.Lock()
		close(p.died)
		p.died = make(chan struct{})
		p.mu.Unlock()
	}
	select {
	case <-died:
		p.mu.Lock()
		p.deaths[cb.ID]++
		p.mu.Unlock()
		return errLost
	case <-work:
		return nil
	}
}
