package walfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite/walfile"
)

func TestALogIsReadInBothByteOrdersAndEveryPageSize(t *testing.T) {
	t.Parallel()
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		for page := 512; page <= 65536; page *= 2 {
			w := newLog(order, page)
			w.transaction(3)
			w.transaction(1)
			got := examine(t, w.out)
			if want := (walfile.Report{PageSize: page, Frames: 4, Commits: 2}); got != want {
				t.Errorf("%v, pages of %d: got %+v, want %+v", order, page, got, want)
			}
		}
	}
}

// Every log here has transactions of 2, 3, 1, 2 and 1 frames: they end with the frames
// 2, 5, 6, 8 and 9.
func TestWhatIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage        func(*logWriter)
		commits, lost int
		broken        int64
		header        bool
	}{
		"nothing of a whole log": {damage: func(*logWriter) {}, commits: 5},
		"a bit of a page in the middle": {
			damage: func(w *logWriter) { w.flip(w.offset(4) + 100) }, commits: 1, lost: 4, broken: 4,
		},
		"a bit of a commit frame's page": {
			damage: func(w *logWriter) { w.flip(w.offset(5) + 100) }, commits: 1, lost: 4, broken: 5,
		},
		"a stored checksum": {
			damage: func(w *logWriter) { w.flip(w.offset(4) + 17) }, commits: 1, lost: 4, broken: 4,
		},
		"a salt": {
			damage: func(w *logWriter) { w.flip(w.offset(4) + 9) }, commits: 1, lost: 4, broken: 4,
		},
		"a salt of a commit frame": {
			damage: func(w *logWriter) { w.flip(w.offset(5) + 9) }, commits: 1, lost: 4, broken: 5,
		},
		"a page number": {
			damage: func(w *logWriter) { w.flip(w.offset(1) + 3) }, commits: 0, lost: 5, broken: 1,
		},
		"a frame that claims to end its transaction": {
			damage: func(w *logWriter) { w.flip(w.offset(4) + 7) }, commits: 1, lost: 4, broken: 4,
		},
		"a blank frame": {
			damage: func(w *logWriter) { w.blank(4) }, commits: 1, lost: 4, broken: 4,
		},
		"a blank commit frame, which is not counted": {
			damage: func(w *logWriter) { w.blank(2) }, lost: 4, broken: 2,
		},
		"two frames far apart": {
			damage: func(w *logWriter) { w.flip(w.offset(1) + 99); w.flip(w.offset(7) + 99) }, lost: 5, broken: 1,
		},
		"the last but one, and the last ends behind it": {
			damage: func(w *logWriter) { w.flip(w.offset(7) + 99) }, commits: 3, lost: 2, broken: 7,
		},
		"not proven: the last":            {damage: func(w *logWriter) { w.flip(w.offset(9) + 99) }, commits: 4},
		"not proven: the last, not there": {damage: func(w *logWriter) { w.blank(9) }, commits: 4},
		"not proven: two broken ones at the end": {
			damage: func(w *logWriter) { w.flip(w.offset(8) + 99); w.flip(w.offset(9) + 99) }, commits: 3,
		},
		"the header's magic": {
			damage: func(w *logWriter) { w.flip(1) }, lost: 5, header: true,
		},
		"the header's page size": {
			damage: func(w *logWriter) { w.flip(10) }, lost: 5, header: true,
		},
		"a salt in the header": {
			damage: func(w *logWriter) { w.flip(22) }, lost: 5, header: true,
		},
		"the header's checksum": {
			damage: func(w *logWriter) { w.flip(25) }, lost: 5, header: true,
		},
		"the whole header": {
			damage: func(w *logWriter) { clear(w.out[:32]) }, lost: 5, header: true,
		},
		"the first block of the file": {
			damage: func(w *logWriter) { clear(w.out[:512]) }, lost: 5, header: true,
		},
	} {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			w := newLog(order, pageSize)
			for _, n := range []int{2, 3, 1, 2, 1} {
				w.transaction(n)
			}
			c.damage(w)
			got := examine(t, w.out)
			if got.Commits != c.commits || got.Lost != c.lost || got.BrokenFrame != c.broken || got.BrokenHeader != c.header {
				t.Errorf("%s, %v: got %+v", name, order, got)
			}
		}
	}
}

func TestWhatACrashMayLeaveBehindIsNoLoss(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(w *logWriter){
		"a transaction without an end": func(w *logWriter) {
			w.transaction(9)
			w.out = w.out[:w.offset(8)]
		},
		"half a frame": func(w *logWriter) {
			w.transaction(2)
			w.out = w.out[:len(w.out)-77]
		},
		"a last transaction whose later frames are there, and the earlier ones not": func(w *logWriter) {
			w.transaction(6)
			w.blank(4)
			w.blank(6)
		},
		"the rest of the generation before": func(w *logWriter) {
			for range 20 {
				w.transaction(2)
			}
			w.restart()
			w.transaction(2)
			w.transaction(1)
		},
		"a torn transaction before the rest of the generation before": func(w *logWriter) {
			for range 20 {
				w.transaction(2)
			}
			w.restart()
			w.transaction(2)
			w.transaction(1)
			w.transaction(4)
			w.blank(5)
		},
		"the rest of a longer transaction that failed in the same place": func(w *logWriter) {
			start := w.mark()
			w.transaction(8)
			w.fallBack(start)
			w.transaction(2)
		},
		"the remains of several failed ones, and one that is torn": func(w *logWriter) {
			start := w.mark()
			w.transaction(9)
			w.fallBack(start)
			w.transaction(2)
			start = w.mark()
			w.transaction(3)
			w.fallBack(start)
			w.transaction(1)
			start = w.mark()
			w.transaction(2)
			w.fallBack(start)
			w.transaction(1)
			w.blank(6)
		},
		"a last transaction that is padded to a sector": func(w *logWriter) {
			w.frame(8, false, make([]byte, w.page))
			w.frame(9, true, make([]byte, w.page))
			w.frame(9, true, make([]byte, w.page))
			w.frame(9, true, make([]byte, w.page))
			w.blank(3)
		},
	} {
		w := newLog(binary.LittleEndian, pageSize)
		w.transaction(1)
		w.transaction(1)
		build(w)
		if got := examine(t, w.out); got.Lost != 0 || got.BrokenFrame != 0 || got.BrokenHeader || got.Commits < 2 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestANewGenerationWithABrokenHeaderHasLostNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	w := newLog(binary.LittleEndian, pageSize)
	w.transaction(3)
	w.transaction(3)
	w.restart()
	w.flip(26)
	if got := examine(t, w.out); got.Lost != 0 || !got.BrokenHeader {
		t.Errorf("got %+v", got)
	}
}

func TestNoLogAtAllIsNoLoss(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{nil, []byte("short"), bytes.Repeat([]byte{0}, 9000), bytes.Repeat([]byte("text"), 9000)} {
		if got := examine(t, b); got.Lost != 0 || got.Commits != 0 {
			t.Errorf("%.8q: got %+v", b, got)
		}
	}
}

// badDisk fails behind its first bytes.
type badDisk struct{ good *bytes.Reader }

var errDisk = errors.New("the disk is on fire")

func (d badDisk) ReadAt(p []byte, at int64) (int, error) {
	if at > 2000 {
		return 0, errDisk
	}
	return d.good.ReadAt(p, at)
}

func TestAFileThatCannotBeReadIsAnErrorAndNotDamage(t *testing.T) {
	t.Parallel()
	w := newLog(binary.LittleEndian, 4096)
	for range 30 {
		w.transaction(2)
	}
	if _, err := walfile.Examine(badDisk{bytes.NewReader(w.out)}, int64(len(w.out))); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	if _, err := walfile.Examine(bytes.NewReader(w.out), int64(len(w.out))+5000); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("shorter than said: got %v", err)
	}
}

func FuzzExamine(f *testing.F) {
	w := newLog(binary.LittleEndian, pageSize)
	for _, n := range []int{2, 3, 1, 2, 1} {
		w.transaction(n)
	}
	f.Add(w.out, uint(0), byte(0))
	f.Add(w.out, uint(20), byte(1))
	f.Add(w.out, uint(w.offset(4)+50), byte(0x80))
	f.Add(newLog(binary.BigEndian, pageSize).out, uint(3), byte(1))
	f.Add([]byte("no log"), uint(0), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, at uint, flip byte) {
		if len(b) == 0 {
			return
		}
		at %= uint(len(b))
		b = bytes.Clone(b)
		b[at] ^= flip
		got := examine(t, b)
		if int64(got.Commits+got.Lost) > got.Frames || got.Lost == 0 && got.BrokenFrame != 0 || got.BrokenHeader && got.Commits != 0 {
			t.Errorf("got %+v", got)
		}
		if cut := examine(t, b[:at]); cut.Commits > got.Commits {
			t.Errorf("a shorter file has more: %+v, %+v", cut, got)
		}
	})
}
