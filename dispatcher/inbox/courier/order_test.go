package courier_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func byUser(o *courier.Options) {
	o.Settings.Deliveries = map[string]courier.Delivery{"Sns.*": {Order: courier.ByUser}}
}

func TestACopyInRetryHoldsUpItsOwnKeyAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt == 1 && string(cb.Body) == "tom/1" {
				return sdk.RetryAfter(time.Hour, errSick)
			}
			return nil
		}, byUser)
		r.start()
		synctest.Wait()
		for i := range 200 {
			r.accept([]string{cmdA, cmdB}[i%2], "tom/"+strconv.Itoa(i+1), "ann/"+strconv.Itoa(i+1))
		}
		pass(time.Minute)
		if n := len(r.deliveries()); n != 201 {
			t.Errorf("%d deliveries, want all of ann and the first of tom", n)
		}
		if l := r.Lines()[0]; l.Name != "Sns.*" || l.Memory != 0 {
			t.Errorf("what is held up takes memory: %+v", l)
		}
		pass(2 * time.Hour)
		if states := r.states(); states[store.Done] != 400 {
			t.Errorf("states %v", states)
		}
		if problem := newJudge().all(r.deliveries()); problem != "" {
			t.Error(problem)
		}
		r.close()
	})
}

func TestWhatNamesNobodyIsNotOrdered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, once(sdk.RetryAfter(time.Hour, errSick)), func(o *courier.Options) {
			byUser(o)
			o.OrderKey = func(sdk.Callback, courier.Order) string { return "" }
		})
		r.start()
		r.accept(cmdA, "/1", "/2", "/3")
		pass(time.Minute)
		if n := len(r.deliveries()); n != 3 {
			t.Errorf("%d deliveries", n)
		}
		r.close()
		again := newRig(t, r.store, ok, byUser)
		again.start()
		pass(2 * time.Hour)
		if states := again.states(); states[store.Done] != 3 {
			t.Errorf("states after a restart %v", states)
		}
		again.close()
	})
}

// judge looks on while an ordered line delivers.
type judge struct {
	mu    sync.Mutex
	last  map[string]int // by key
	under map[string]int
	wrong string
}

func newJudge() *judge { return &judge{last: map[string]int{}, under: map[string]int{}} }

// begin is told of a delivery, whose body is key/number. An event may come again, and
// never after a later one of its key.
func (j *judge) begin(body string) (end func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key, number, _ := strings.Cut(body, "/")
	n, _ := strconv.Atoi(number)
	if n < j.last[key] && j.wrong == "" {
		j.wrong = fmt.Sprintf("%s came after %s/%d", body, key, j.last[key])
	}
	j.last[key] = n
	if j.under[key]++; j.under[key] > 1 && j.wrong == "" {
		j.wrong = body + " came while another of its key was under way"
	}
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.under[key]--
	}
}

func (j *judge) all(seen []delivery) string {
	for _, d := range seen {
		j.begin(string(d.cb.Body))()
	}
	return j.wrong
}

// trouble is a plugin that fails in all ways, at random.
func trouble(seed uint64, j *judge) handle {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return func(_ context.Context, _ string, cb sdk.Callback) error {
		defer j.begin(string(cb.Body))()
		mu.Lock()
		p, wait := random.IntN(100), time.Duration(random.IntN(100))*time.Millisecond
		mu.Unlock()
		if p%2 == 0 {
			<-time.After(wait)
		}
		switch {
		case p < 15:
			return errSick
		case p < 20:
			return sdk.RetryAfter(10*wait, errSick)
		case p < 25:
			return errLost
		case p < 30:
			return &sdk.Fault{Kind: sdk.KindOverloaded, Err: errSick}
		case p < 35:
			return sdk.Permanent(errSick)
		case p < 45:
			return errDown
		default:
			return nil
		}
	}
}

// life is what a rapid run goes through: events, failures, crashes.
type life struct {
	seed   uint64
	memory int64
	order  bool
	rounds []round
}

type round struct {
	events int
	keys   int
	crash  time.Duration // after which nothing is committed, and then all ends
}

func lives(order bool) *rapid.Generator[life] {
	return rapid.Custom(func(t *rapid.T) life {
		l := life{
			seed: rapid.Uint64().Draw(t, "seed"), order: order,
			memory: rapid.SampledFrom([]int64{1, 4 << 10, 16 << 10, 40 << 10, 1 << 20}).Draw(t, "memory"),
		}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			l.rounds = append(l.rounds, round{
				events: rapid.IntRange(0, 80).Draw(t, "events"), keys: rapid.IntRange(1, 30).Draw(t, "keys"),
				crash: time.Duration(rapid.IntRange(0, 3000).Draw(t, "crash")) * time.Millisecond,
			})
		}
		return l
	})
}

// run lives l and says what was wrong.
func (l life) run(t *testing.T) (wrong string) {
	t.Helper()
	j := newJudge()
	random := rand.New(rand.NewPCG(l.seed, 2))
	s := storetest.NewMemory(storetest.MemoryOptions{})
	numbers := map[string]int{}
	total := 0
	for i, round := range l.rounds {
		r := newRig(t, s, trouble(l.seed+uint64(i), j), func(o *courier.Options) {
			if l.order {
				byUser(o)
			}
			o.Settings.Memory = l.memory
			o.Rand = nil
		})
		r.start()
		for range round.events {
			key := "user" + strconv.Itoa(random.IntN(round.keys))
			command := []string{cmdA, cmdB, cmdC}[random.IntN(3)]
			if !l.order || command == cmdC {
				key = strconv.Itoa(total) // nothing orders it, and it takes its memory too
			}
			numbers[key]++
			r.accept(command, key+"/"+strconv.Itoa(numbers[key]))
			total++
			if random.IntN(4) == 0 {
				<-time.After(time.Duration(random.IntN(50)) * time.Millisecond)
			}
		}
		<-time.After(round.crash)
		if i == len(l.rounds)-1 {
			pass(60 * time.Hour)
			r.close()
			if states := r.states(); states[store.Done]+states[store.Dead] != total {
				return fmt.Sprintf("%d events and states %v: %+v", total, states, r.Lines())
			}
			break
		}
		r.stall(true)
		<-time.After(time.Duration(random.IntN(200)) * time.Millisecond)
		r.close()
	}
	return j.wrong
}

func TestOrderHoldsWhateverFailsAndEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := lives(true).Draw(rt, "life")
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = l.run(t) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

func TestEverythingIsDoneWhateverFailsAndEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := lives(false).Draw(rt, "life")
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = l.run(t) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}
