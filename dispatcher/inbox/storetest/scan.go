package storetest

import (
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func scanPromises() promises {
	return promises{
		"a filter chooses by every field":                             scanFilters,
		"states and reasons choose":                                   scanStates,
		"pages of any size make one answer":                           scanPages,
		"the newest event comes first where that is asked for":        scanNewest,
		"without bodies there are none":                               scanBodies,
		"what matches all the while is there once, whatever goes on":  scanWhileChanging,
		"a scan of nothing is empty and ends":                         scanNothing,
		"a filter that matches little finds it among much":            scanRare,
		"since is included and until is not":                          scanTimes,
		"an underscore or a percent sign in a pattern is just a sign": scanLiteral,
	}
}

func scanFilters(f *fixture) {
	f.open(Options{})
	var e []store.Event
	for i, command := range []string{added, deleted, created, added} {
		ev := f.event(command)
		ev.AppID = []string{"1", "2"}[i%2]
		e = append(e, f.append(store.Append{Event: ev, Plugins: [][]string{{audit}, {audit, mailer}}[i%2]}).Event)
	}
	all := []uint64{1, 2, 2, 3, 4, 4}
	for name, test := range map[string]struct {
		filter store.Filter
		want   []uint64
	}{
		"nothing said":                   {store.Filter{}, all},
		"app":                            {store.Filter{App: "1"}, []uint64{1, 3}},
		"an app that is not there":       {store.Filter{App: "3"}, nil},
		"command":                        {store.Filter{Command: added}, []uint64{1, 4, 4}},
		"family":                         {store.Filter{Command: "Sns.*"}, []uint64{1, 2, 2, 4, 4}},
		"the beginnings of commands":     {store.Filter{Command: "Sns.CallbackFriendA*"}, []uint64{1, 4, 4}},
		"everything":                     {store.Filter{Command: "*"}, all},
		"a family that is not there":     {store.Filter{Command: "State.*"}, nil},
		"the beginning of a command":     {store.Filter{Command: "Sns.Callback"}, nil},
		"plugin":                         {store.Filter{Plugin: mailer}, []uint64{2, 4}},
		"id":                             {store.Filter{ID: e[2].ID}, []uint64{3}},
		"an id that is not there":        {store.Filter{ID: "0193-9"}, nil},
		"key":                            {store.Filter{Key: e[1].Key}, []uint64{2, 2}},
		"key and plugin":                 {store.Filter{Key: e[1].Key, Plugin: mailer}, []uint64{2}},
		"app, command and plugin":        {store.Filter{App: "2", Command: "Sns.*", Plugin: audit}, []uint64{2, 4}},
		"id and a command of another":    {store.Filter{ID: e[2].ID, Command: added}, nil},
		"since the third":                {store.Filter{Since: e[2].ReceivedAt}, []uint64{3, 4, 4}},
		"until the third":                {store.Filter{Until: e[2].ReceivedAt}, []uint64{1, 2, 2}},
		"between, of a family, of audit": {store.Filter{Since: e[1].ReceivedAt, Until: e[3].ReceivedAt, Command: "Sns.*", Plugin: audit}, []uint64{2}},
	} {
		f.same(name, seqs(f.scan(store.ScanQuery{Filter: test.filter, Limit: 100})), test.want)
		f.same(name+", in small pages", seqs(f.scan(store.ScanQuery{Filter: test.filter, Limit: 1})), test.want)
	}
}

func scanStates(f *fixture) {
	f.open(Options{})
	ready, retry, done := f.add(added, audit).Seq, f.add(added, audit).Seq, f.add(added, audit).Seq
	dead, expired, dropped := f.add(added, audit).Seq, f.add(added, audit).Seq, f.add(added, audit).Seq
	f.result(audit, retry, store.Retry)
	f.result(audit, done, store.Done)
	f.result(audit, dead, store.Dead)
	f.commit(store.Batch{Results: []store.Result{
		{Plugin: audit, Seq: expired, State: store.Dead, Attempts: 5, At: f.now(), Reason: store.Expired},
	}})
	f.drop(audit, dropped)
	choose := func(reason store.Reason, states ...store.State) []uint64 {
		return seqs(f.scan(store.ScanQuery{Filter: store.Filter{States: states, Reason: reason}, Limit: 2}))
	}
	f.same("any state", choose(store.NoReason), []uint64{ready, retry, done, dead, expired, dropped})
	f.same("ready", choose(store.NoReason, store.Ready), []uint64{ready})
	f.same("retry", choose(store.NoReason, store.Retry), []uint64{retry})
	f.same("done", choose(store.NoReason, store.Done), []uint64{done})
	f.same("dead", choose(store.NoReason, store.Dead), []uint64{dead, expired})
	f.same("dropped", choose(store.NoReason, store.Dropped), []uint64{dropped})
	f.same("waiting", choose(store.NoReason, store.Retry, store.Ready), []uint64{ready, retry})
	f.same("done and dead", choose(store.NoReason, store.Done, store.Dead), []uint64{done, dead, expired})
	f.same("every state", choose(store.NoReason, store.States()...), []uint64{ready, retry, done, dead, expired, dropped})
	f.same("dead since expired", choose(store.Expired, store.Dead), []uint64{expired})
	f.same("expired", choose(store.Expired), []uint64{expired})
	f.same("poison", choose(store.Poison), []uint64{})
	f.same("done and expired", choose(store.Expired, store.Done), []uint64{})
}

func scanTimes(f *fixture) {
	f.open(Options{})
	e := f.event(added)
	e.ReceivedAt = e.ReceivedAt.Add(500 * time.Nanosecond)
	seq := f.append(store.Append{Event: e, Plugins: []string{audit}}).Event.Seq
	at := f.copy(audit, seq).Event.ReceivedAt
	for _, test := range []struct {
		filter store.Filter
		want   int
	}{
		{store.Filter{Since: at}, 1},
		{store.Filter{Since: at.Add(time.Microsecond)}, 0},
		{store.Filter{Until: at}, 0},
		{store.Filter{Until: at.Add(time.Microsecond)}, 1},
		{store.Filter{Since: at.In(time.FixedZone("CST", 8*3600)), Until: at.Add(time.Second)}, 1},
		{store.Filter{Since: at.Add(-time.Second), Until: at}, 0},
	} {
		got := f.scan(store.ScanQuery{Filter: test.filter, Limit: 10})
		if len(got) != test.want {
			f.t.Errorf("%d copies since %v until %v", len(got), test.filter.Since, test.filter.Until)
		}
	}
}

// many are events of which every other has two copies.
func (f *fixture) many(n int) {
	f.t.Helper()
	var b store.Batch
	for i := range n {
		b.Appends = append(b.Appends, store.Append{
			Event: f.event([]string{added, deleted, created}[i%3]), Plugins: [][]string{{audit}, {mailer, audit}}[i%2],
		})
	}
	f.commit(b)
}

func scanPages(f *fixture) {
	f.open(Options{})
	f.many(9)
	want := f.all()
	f.same("the number of copies", len(want), 13)
	if !slices.IsSortedFunc(want, compareCopies) {
		f.t.Errorf("not in order: %v", want)
	}
	for _, limit := range []int{1, 2, 3, 12, 13, 14} {
		for _, filter := range []store.Filter{{}, {Plugin: mailer}, {Command: "Sns.*"}} {
			whole := f.scan(store.ScanQuery{Filter: filter, Limit: 1000, Bodies: true})
			f.same("the pages", f.scan(store.ScanQuery{Filter: filter, Limit: limit, Bodies: true}), whole)
		}
	}
}

func compareCopies(a, b store.Copy) int {
	if a.Event.Seq != b.Event.Seq {
		return int(a.Event.Seq) - int(b.Event.Seq) //nolint:gosec // few events
	}
	if a.Plugin < b.Plugin {
		return -1
	}
	return 1
}

func scanNewest(f *fixture) {
	f.open(Options{})
	f.many(9)
	events := func(copies []store.Copy) []uint64 { return slices.Compact(seqs(copies)) }
	for _, filter := range []store.Filter{{}, {Plugin: mailer}, {Command: "Sns.*"}} {
		want := f.scan(store.ScanQuery{Filter: filter, Limit: 1000})
		for _, limit := range []int{1, 2, 3, 1000} {
			got := f.scan(store.ScanQuery{Filter: filter, Limit: limit, Newest: true})
			order := events(want)
			slices.Reverse(order)
			f.same("the order of events", events(got), order)
			slices.SortStableFunc(got, compareCopies)
			f.same("the copies", got, want)
		}
	}
}

func scanBodies(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	with, without := e, e
	without.Body = nil
	f.same("with", f.scan(store.ScanQuery{Limit: 10, Bodies: true}), []store.Copy{{Event: with, Plugin: audit}})
	got := f.scan(store.ScanQuery{Limit: 10})
	f.same("without", got, []store.Copy{{Event: without, Plugin: audit}})
	if got[0].Event.Body != nil {
		f.t.Error("a body that was not asked for is not nil")
	}
}

func scanWhileChanging(f *fixture) {
	for _, newest := range []bool{false, true} {
		f.open(Options{})
		f.many(16)
		var want []uint64
		for _, c := range f.scan(store.ScanQuery{Filter: store.Filter{Plugin: mailer}, Limit: 100, Newest: newest}) {
			want = append(want, c.Event.Seq)
		}
		var got []uint64
		q := store.ScanQuery{Newest: newest, Limit: 4}
		for round := range 100 {
			page, err := f.Scan(f.t.Context(), q)
			f.must(err)
			for _, c := range page.Copies {
				if c.Plugin == mailer {
					got = append(got, c.Event.Seq)
				}
			}
			if page.Next == nil {
				break
			}
			q.After = page.Next
			if round < 10 {
				f.disturb()
			}
		}
		f.same("the copies that did not change", got, want)
		f.close()
	}
}

// disturb appends, finishes and trims, and leaves the mailer's copies alone.
func (f *fixture) disturb() {
	f.t.Helper()
	f.add(added, audit)
	waiting := f.waiting(store.WaitingQuery{Line: line(audit, added, deleted, created), Limit: 3})
	for _, c := range waiting {
		f.result(audit, c.Event.Seq, store.Done)
	}
	f.trimAll()
}

func scanNothing(f *fixture) {
	f.open(Options{})
	f.same("the copies of an empty store", f.all(), []store.Copy{})
	for range 10 {
		f.drop(audit, f.add(added, audit).Seq)
	}
	q := store.ScanQuery{Filter: store.Filter{States: []store.State{store.Ready}}, Limit: 3}
	f.same("what is ready where all is dropped", f.scan(q), []store.Copy{})
}

func scanRare(f *fixture) {
	f.open(Options{})
	var b store.Batch
	for i := range 600 {
		e := f.event(added)
		if i == 400 {
			e.Command, e.AppID = created, "rare"
		}
		b.Appends = append(b.Appends, store.Append{Event: e, Plugins: []string{audit}})
	}
	f.commit(b)
	for _, newest := range []bool{false, true} {
		for _, filter := range []store.Filter{{App: "rare"}, {Command: created}, {Command: "Group.*"}, {App: "rare", Plugin: audit}} {
			got := f.scan(store.ScanQuery{Filter: filter, Limit: 10, Newest: newest})
			f.same("what was found", seqs(got), []uint64{401})
		}
	}
}

func scanLiteral(f *fixture) {
	f.open(Options{})
	f.add("SnsXCallback", audit)
	f.add("S_s.Callback", audit)
	f.add("%.Callback", audit)
	f.add("sns.Callback", audit)
	f.add("Sns.Callback", audit)
	for pattern, want := range map[string][]uint64{
		"Sns.*": {5}, "S_s.*": {2}, "%.*": {3}, "_.*": nil, "sns.*": {4}, "Sns.Callback": {5}, "S[n]s.*": nil, "Sns?Callback": nil,
	} {
		f.same(pattern, seqs(f.scan(store.ScanQuery{Filter: store.Filter{Command: pattern}, Limit: 10})), want)
	}
}
