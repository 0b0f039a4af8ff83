package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func claimPromises() sharedPromises {
	return sharedPromises{
		"each copy is in one hand, and all are":                         oneHand,
		"what is given up does not come again":                          givenUp,
		"what is given back comes to another, without a doubt":          givenBack,
		"what a dead one had comes again with a doubt, and no kept one": deadHand,
		"a claim ends with its context":                                 claimEnds,
	}
}

func offerPromises() sharedPromises {
	return sharedPromises{
		"a copy that is left for later comes once it is offered": offeredRetry,
		"what is made ready again comes once it is offered":      offeredRequeue,
		"an offer of what does not wait is nobody's":             offeredInVain,
	}
}

func batonPromises() sharedPromises {
	return sharedPromises{
		"one at a time holds it, and gives it on":  batonGivenOn,
		"another holds it once the holder is dead": batonOfTheDead,
		"one of another name is another":           batonsApart,
	}
}

func oneHand(f *sharedFixture) {
	const n = 120
	var stores []store.Shared
	for range 3 {
		s, _ := f.join()
		stores = append(stores, s)
	}
	var seqs []uint64
	for i := range n / 4 {
		seqs = append(seqs, f.addTo(stores[i%3], 4, audit)...)
	}
	f.addTo(stores[0], 3, mailer)
	ctx, cancel := context.WithTimeout(f.t.Context(), sharedPatience)
	defer cancel()
	var mu sync.Mutex
	var handed []uint64
	var claiming sync.WaitGroup
	for _, s := range stores {
		claiming.Go(func() {
			for {
				c, err := s.Claim(ctx, audit, 10)
				if err != nil {
					return
				}
				mu.Lock()
				if handed = append(handed, c.Seqs()...); len(handed) >= n {
					cancel()
				}
				mu.Unlock()
				if c.Doubt() || c.Span() <= 0 {
					f.t.Errorf("%v are in doubt, or for no time", c.Seqs())
				}
			}
		})
	}
	claiming.Wait()
	slices.Sort(handed)
	f.same("what was handed out", handed, seqs)
	f.same("what is another plugin's", len(f.claim(stores[1], mailer).Seqs()), 3)
}

func givenUp(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	seqs := f.addTo(one, 3, audit)
	c := f.claim(one, audit)
	f.same("the claim", c.Seqs(), seqs)
	f.must(c.Keep())
	done, last, err := one.Places(f.t.Context(), audit)
	f.must(err)
	if done >= last {
		f.t.Errorf("all is done up to %d of %d, with a claim in hand", done, last)
	}
	var results []store.Result
	for _, seq := range seqs {
		results = append(results, store.Result{Plugin: audit, Seq: seq, State: store.Done, Attempts: 1, At: f.now()})
	}
	f.commitTo(one, store.Batch{Results: results})
	f.must(c.Done())
	f.settled(other, audit)
}

func givenBack(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	seqs := f.addTo(one, 3, audit)
	c := f.claim(one, audit)
	f.commitTo(one, store.Batch{Results: []store.Result{{Plugin: audit, Seq: seqs[0], State: store.Done, Attempts: 1, At: f.now()}}})
	f.must(c.Release(0))
	again := f.claim(other, audit)
	f.same("what comes again", again.Seqs(), seqs[1:])
	if again.Doubt() {
		f.t.Error("it is in doubt")
	}
	f.nothing(one, audit)
}

func deadHand(f *sharedFixture) {
	one, _ := f.join()
	dying, _ := f.join()
	other, _ := f.join()
	f.addTo(one, 2, audit)
	kept := f.claim(one, audit)
	seqs := f.addTo(one, 2, audit)
	lost := f.claim(dying, audit)
	f.same("what the dying one has", lost.Seqs(), seqs)
	f.kill(dying)
	f.must(kept.Keep())
	ctx, cancel := context.WithTimeout(f.t.Context(), sharedPatience)
	defer cancel()
	claimed := make(chan store.Claim)
	go func() {
		defer close(claimed)
		if c, err := other.Claim(ctx, audit, 10); err == nil {
			claimed <- c
		}
	}()
	tick := time.NewTicker(kept.Span() / 4)
	defer tick.Stop()
	for {
		select {
		case c := <-claimed:
			if c == nil {
				f.t.Fatal("nobody is handed what a dead one had")
			}
			f.same("what comes again", c.Seqs(), seqs)
			if !c.Doubt() {
				f.t.Error("it is not in doubt")
			}
			f.nothing(other, audit)
			return
		case <-tick.C:
			f.must(kept.Keep())
		}
	}
}

func claimEnds(f *sharedFixture) {
	one, _ := f.join()
	ctx, cancel := context.WithCancel(f.t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if c, err := one.Claim(ctx, audit, 10); err == nil {
		f.t.Errorf("%v of nothing is handed out", c.Seqs())
	}
	seqs := f.addTo(one, 1, audit)
	f.same("what comes later", f.claim(one, audit).Seqs(), seqs)
}

func offeredRetry(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	seqs := f.addTo(one, 2, audit)
	c := f.claim(one, audit)
	now := time.Now()
	f.commitTo(one, store.Batch{Results: []store.Result{
		{Plugin: audit, Seq: seqs[0], State: store.Done, Attempts: 1, At: now},
		{Plugin: audit, Seq: seqs[1], State: store.Retry, Attempts: 1, At: now, DueAt: now, Error: "the plugin was busy"},
	}})
	f.must(c.Done())
	f.nothing(other, audit)
	f.must(one.Offer(f.t.Context(), audit, seqs, true))
	again := f.claim(other, audit)
	f.same("what is offered", again.Seqs(), seqs[1:])
	if !again.Doubt() {
		f.t.Error("the doubt of the offer is lost")
	}
	copies, err := other.Copies(f.t.Context(), audit, again.Seqs())
	f.must(err)
	if len(copies) != 1 || copies[0].State != store.Retry || copies[0].Attempts != 1 {
		f.t.Errorf("it is %+v, and not as it was when it was offered", copies)
	}
}

func offeredRequeue(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	seqs := f.addTo(one, 1, audit)
	f.commitTo(one, store.Batch{Requeues: []store.Requeue{{Plugin: mailer, Seq: seqs[0], Purpose: sdk.Live}}})
	f.nothing(other, mailer)
	f.must(one.Offer(f.t.Context(), mailer, seqs, false))
	c := f.claim(other, mailer)
	f.same("what is offered", c.Seqs(), seqs)
	if c.Doubt() {
		f.t.Error("it is in doubt")
	}
}

func offeredInVain(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	seqs := f.addTo(one, 1, audit)
	c := f.claim(one, audit)
	f.commitTo(one, store.Batch{Results: []store.Result{{Plugin: audit, Seq: seqs[0], State: store.Done, Attempts: 1, At: f.now()}}})
	f.must(c.Done())
	f.must(one.Offer(f.t.Context(), audit, append(seqs, 4711), false))
	f.settled(other, audit)
}

func batonGivenOn(f *sharedFixture) {
	var holders, most atomic.Int32
	var holding sync.WaitGroup
	for range 3 {
		s, _ := f.join()
		holding.Go(func() {
			err := s.Baton(f.t.Context(), "b.1 >", func(held context.Context) {
				if n := holders.Add(1); n > most.Load() {
					most.Store(n)
				}
				for range 5 {
					if !moment(held) {
						f.t.Errorf("it is lost: %v", context.Cause(held))
					}
				}
				holders.Add(-1)
			})
			if err != nil {
				f.t.Errorf("wait for the baton: %v", err)
			}
		})
	}
	holding.Wait()
	if most.Load() != 1 {
		f.t.Errorf("%d hold it at once", most.Load())
	}
}

func batonOfTheDead(f *sharedFixture) {
	dying, _ := f.join()
	other, _ := f.join()
	has, over := make(chan struct{}), make(chan time.Time, 1)
	var holding sync.WaitGroup
	defer holding.Wait()
	holding.Go(func() {
		_ = dying.Baton(f.t.Context(), audit, func(held context.Context) {
			close(has)
			<-held.Done()
			over <- time.Now()
		})
	})
	<-has
	f.kill(dying)
	ctx, cancel := context.WithTimeout(f.t.Context(), sharedPatience)
	defer cancel()
	var got time.Time
	f.must(other.Baton(ctx, audit, func(context.Context) { got = time.Now() }))
	select {
	case lost := <-over:
		if got.Before(lost) {
			f.t.Errorf("another had it %v before the dead one let go of it", lost.Sub(got))
		}
	default:
		f.t.Error("another has it, and the dead one holds it still")
	}
}

func batonsApart(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	f.must(one.Baton(f.t.Context(), audit, func(held context.Context) {
		both := false
		f.must(other.Baton(held, mailer, func(context.Context) { both = true }))
		if !both {
			f.t.Error("the other was not held")
		}
	}))
	ctx, cancel := context.WithCancel(f.t.Context())
	cancel()
	if err := one.Baton(ctx, audit, func(context.Context) { f.t.Error("it is held when nobody wants it") }); err == nil {
		f.t.Error("nobody says that it was not held")
	}
}
