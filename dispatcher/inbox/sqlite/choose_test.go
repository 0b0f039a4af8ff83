package sqlite_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func choose(t *testing.T, s *sqlite.Store, r store.Retention) (seqs []uint64, more bool) {
	t.Helper()
	seqs, more, err := s.Choose(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return seqs, more
}

func upTo(n uint64) (seqs []uint64) {
	for seq := uint64(1); seq <= n; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func TestWhatIsChosenIsWhatATrimLetsGoOf(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]store.Retention{
		"all that is finished": {Before: noon().Add(time.Hour)},
		"some of it":           {Before: noon().Add(33 * time.Second)},
		"a few at a time":      {Before: noon().Add(time.Hour), Limit: 5},
		"for the size":         {MaxBytes: 1},
		"nothing":              {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var clock time.Time
			plain := open(t, sqlite.Options{DuplicateWindow: 5 * time.Minute, Now: func() time.Time { return clock }})
			perform(t, plain, &clock, tell(12))
			s := follower(t, sqlite.Options{})
			apply(t, s, tell(12)...)
			before := scan(t, plain, store.ScanQuery{})
			trimmed, err := plain.Trim(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			kept := map[uint64]bool{}
			for _, c := range scan(t, plain, store.ScanQuery{}) {
				kept[c.Event.Seq] = true
			}
			var want []uint64
			for _, c := range before {
				if seq := c.Event.Seq; !kept[seq] && !slices.Contains(want, seq) {
					want = append(want, seq)
				}
			}
			for range 2 { // to choose changes nothing
				got, more := choose(t, s, r)
				same(t, "chosen", want, got)
				if more != trimmed.More {
					t.Errorf("more is %t, want %t", more, trimmed.More)
				}
			}
		})
	}
}

func TestWhatWasChosenAndNotTrimmedIsChosenAgain(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	old := store.Retention{Before: noon().Add(time.Hour)}
	apply(t, s, sqlite.Entry{Mark: 1, Now: noon(), Batch: appends(1, 1500, "a")}, sqlite.Entry{Mark: 2, Now: noon(), Batch: doneByA(upTo(1400)...)})
	first, _ := choose(t, s, old)
	again, _ := choose(t, s, old)
	same(t, "chosen", upTo(1400), first)
	same(t, "chosen again", first, again)
	apply(t, s, sqlite.Entry{Mark: 3, Now: noon(), Trim: first})
	if left, _ := choose(t, s, old); len(left) > 0 || stats(t, s).Events != 100 {
		t.Errorf("%d are still chosen, and %d there", len(left), stats(t, s).Events)
	}
	apply(t, s, sqlite.Entry{Mark: 4, Now: noon(), Batch: doneByA(1450)})
	left, _ := choose(t, s, old)
	same(t, "chosen once it is finished", []uint64{1450}, left)
}

func TestTheSizeComesDownToTheBound(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	const n = 8000
	apply(t, s, sqlite.Entry{Mark: 1, Now: noon(), Batch: appends(1, n, "a")}, sqlite.Entry{Mark: 2, Now: noon(), Batch: doneByA(upTo(n)...)})
	bound := stats(t, s).SizeBytes / 2
	mark, rounds := uint64(3), 0
	for ; stats(t, s).SizeBytes >= bound && rounds < 10; rounds++ {
		seqs, _ := choose(t, s, store.Retention{MaxBytes: bound})
		apply(t, s, sqlite.Entry{Mark: mark, Now: noon(), Trim: seqs})
		mark++
	}
	st := stats(t, s)
	t.Logf("%d rounds leave %d events in %d bytes, the bound is %d", rounds, st.Events, st.SizeBytes, bound)
	if st.SizeBytes >= bound || st.Events < n*45/100 {
		t.Errorf("after %d rounds %d events take %d bytes, the bound is %d", rounds, st.Events, st.SizeBytes, bound)
	}
}

// A replica takes a few pages more than the same store without a log.
func TestThereIsRoomWhereACommitWouldFindIt(t *testing.T) {
	t.Parallel()
	const limit, few = 200 << 10, 20
	plain, s := open(t, sqlite.Options{MaxBytes: limit}), follower(t, sqlite.Options{MaxBytes: limit})
	var taken, room int
	for n := 1; taken == 0 || room == 0; n += few {
		if err := s.Room(appends(n, n+few-1, "a")); err != nil && room == 0 {
			if room = n; !errors.Is(err, store.ErrFull) {
				t.Fatal(err)
			}
		}
		if err := plain.Commit(t.Context(), appends(n, n+few-1, "a")); err != nil && taken == 0 {
			if taken = n; !errors.Is(err, store.ErrFull) {
				t.Fatal(err)
			}
		}
		// What is in the log is taken all the same.
		apply(t, s, sqlite.Entry{Mark: uint64(n), Now: noon(), Batch: appends(n, n+few-1, "a")})
	}
	if room > taken || room < taken-3*few {
		t.Errorf("there is room for %d events, and a commit finds it for %d", room, taken)
	}
	if err := s.Room(doneByA(1)); err != nil {
		t.Errorf("room for a result: %v", err)
	}
}
