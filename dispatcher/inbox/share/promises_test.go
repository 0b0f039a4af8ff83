package share_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

// The pool is held to what it stands for.
func TestThePoolIsAStoreThatGatewaysShare(t *testing.T) {
	t.Parallel()
	storetest.Shared(t, storetest.SharedImplementation{New: func(_ *testing.T, o storetest.Options) storetest.SharedLog {
		p := newPool()
		p.span = 3 * time.Second
		p.memory = storetest.NewMemory(storetest.MemoryOptions{DuplicateWindow: o.DuplicateWindow, Now: o.Now})
		return storetest.SharedLog{
			Open: func(context.Context) (store.Shared, error) { return p.join(), nil },
			Kill: func(s store.Shared) { p.kill(s.(*member)) }, //nolint:forcetypeassert // nothing else is opened
		}
	}})
}
