package cluster_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// Two gateways append, entries of one message and of several, and both follow, while each
// server is killed and started again: what was acknowledged is there once, with the mark
// that was told, and both have it in one order.
func TestGatewaysHaveOneLog(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{MaxPayload: 64 << 10})
	var (
		options  = cluster.Options{Servers: servers.URLs(), MaxBytes: 512 << 20} // more than fits the time
		gateways = []*cluster.Cluster{join(t, options), join(t, options)}
		mu       sync.Mutex
		told     = map[string]uint64{}
		wg       sync.WaitGroup
		stop     = make(chan struct{})
	)
	for g, c := range gateways {
		for worker := range 3 {
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					id := fmt.Sprintf("%d.%d.%d", g, worker, i)
					mark := stubborn(t, c, id, 200<<10*(i%5/4)+100) // each fifth is of several parts
					if mark == 0 {
						return
					}
					mu.Lock()
					told[id] = mark
					mu.Unlock()
				}
			})
		}
	}
	leader := servers.Leader("SWITCHHOOK_LOG")
	leader.Kill()
	servers.Leader("SWITCHHOOK_LOG")
	leader.Start()
	servers.Settled()
	for _, n := range servers.Nodes {
		if n != leader {
			n.Kill()
			n.Start()
			break
		}
	}
	close(stop)
	wg.Wait()
	var logs [2][]string
	for g, c := range gateways {
		for _, r := range read(t, c, 0, len(told)) {
			if mark, ok := told[r.ID]; ok && mark != r.Mark {
				t.Errorf("%s has mark %d, and %d was told", r.ID, r.Mark, mark)
			}
			logs[g] = append(logs[g], r.ID)
		}
		if once := slices.Compact(slices.Sorted(slices.Values(logs[g]))); len(once) != len(logs[g]) || len(once) != len(told) {
			t.Errorf("%d entries are acknowledged, %d followed, %d of them different", len(told), len(logs[g]), len(once))
		}
	}
	if diff := cmp.Diff(logs[0], logs[1]); diff != "" {
		t.Errorf("two gateways have two logs:\n%s", diff)
	}
	t.Logf("%d entries", len(told))
}

// stubborn appends until it is told the mark; 0 where it never is.
func stubborn(t *testing.T, c *cluster.Cluster, id string, size int) uint64 {
	t.Helper()
	for {
		mark, err := c.Append(t.Context(), id, []string{"audit"}, event(id, size))
		if err == nil {
			return mark
		}
		if !errors.Is(err, cluster.ErrUnreachable) {
			t.Errorf("append %s: %v", id, err)
			return 0
		}
		for !c.Status().Connected {
			select {
			case <-t.Context().Done():
				return 0
			case <-tick():
			}
		}
	}
}
