package walfile

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Report is what a log holds.
type Report struct {
	// PageSize is that of the database; 0 where it cannot be told.
	PageSize int
	// Frames counts the whole frames in the file, those of older generations
	// included.
	Frames int64
	// Commits counts the transactions that SQLite recovers.
	Commits int
	// Lost counts the transactions that SQLite drops although they were synced: those
	// from the broken one on. It is 0 where no loss is proven. The last of them may
	// never have been acknowledged, and where a commit frame itself is unreadable,
	// there was one more.
	Lost int
	// BrokenHeader says that SQLite takes nothing of the file, since its header fails.
	BrokenHeader bool
	// BrokenFrame is the number, from 1, of the first frame that fails where Lost is
	// not 0; 0 where the header is what fails.
	BrokenFrame int64
}

// Examine reads the log of the given size. Damage is in the report; an error is one of
// reading. It holds two frames in memory, whatever the size.
func Examine(r io.ReaderAt, size int64) (Report, error) {
	if size < headerSize {
		return Report{}, nil
	}
	h := make([]byte, headerSize)
	if _, err := r.ReadAt(h, 0); err != nil {
		return Report{}, fmt.Errorf("read header of write-ahead log: %w", err)
	}
	e := examiner{intact: true, mine: true, before: storedSum(h[24:])}
	l, ok := readHeader(h)
	if !ok {
		var found bool
		var err error
		l, found, err = probe(r, size, h)
		if err != nil {
			return Report{}, fmt.Errorf("look for frames of write-ahead log: %w", err)
		}
		e.report.BrokenHeader = true
		if !found || l.earlier(h) {
			return e.report, nil
		}
		// The header was synced before the frames behind it were written: it stands for
		// the broken transaction.
		e.intact, e.ended, e.whole, e.first = false, true, true, true
	}
	e.layout = l
	e.report.PageSize, e.report.Frames = l.page, l.frames(size)
	err := e.scan(r)
	return e.report, err
}

// examiner goes through the frames in their order.
type examiner struct {
	layout
	report Report
	// before is the checksum stored in the frame before, last that frame.
	before sum
	last   []byte
	// mine says that the last frame is of the generation that the header begins.
	mine bool
	// intact says that no frame has failed so far.
	intact bool
	// Behind the first failure: ended says that a transaction has ended since, whole
	// that each frame since that end continues the one before, and commits counts the
	// ends. first excuses the first frame, where its header tells nothing.
	ended, whole, first bool
	commits             int
	// failed is the number of the first frame that failed.
	failed int64
}

func (e *examiner) scan(r io.ReaderAt) error {
	size := int64(e.frameSize())
	in := bufio.NewReaderSize(io.NewSectionReader(r, headerSize, e.report.Frames*size), maxPage)
	b := make([]byte, size)
	e.last = make([]byte, size)
	for i := range e.report.Frames {
		if _, err := io.ReadFull(in, b); err != nil {
			return fmt.Errorf("read frame %d of write-ahead log: %w", i+1, err)
		}
		e.frame(i+1, frame(b))
		e.before = frame(b).sum()
		b, e.last = e.last, b
	}
	return nil
}

func (e *examiner) frame(number int64, f frame) {
	salted, linked := e.belongs(f)
	commit := e.mine && f.commit() && !e.padding(f) && (linked || !e.mistaken(f))
	if e.intact && linked && salted {
		if commit {
			e.report.Commits++
		}
		return
	}
	if e.intact {
		e.intact, e.failed = false, number
	}
	e.behind(linked, commit)
}

// belongs tells whether f is of this generation: salted by its salts, and linked by its
// checksum, too. No checksum is over the salts: a frame that continues one of this generation
// is of it whatever its salts say, though SQLite does not take it.
func (e *examiner) belongs(f frame) (salted, linked bool) {
	salted = bytes.Equal(f.salts(), e.salts[:])
	continues := e.next(e.before, f) == f.sum()
	e.mine = f.page() != 0 && (salted || e.mine && continues)
	linked = e.mine && (continues || e.first)
	e.first = false
	return salted, linked
}

// behind takes a frame at the first failure or behind it.
func (e *examiner) behind(linked, commit bool) {
	e.whole = e.whole && linked
	if !commit {
		return
	}
	e.commits++
	if e.ended && e.whole {
		e.report.Lost, e.report.BrokenFrame = e.commits, e.failed
	}
	e.ended, e.whole = true, true
}

// mistaken reports whether a frame that fails is a commit frame only by the damage: its
// checksum fits one that is not.
func (e *examiner) mistaken(f frame) bool {
	var head [8]byte
	copy(head[:4], f)
	return e.add(e.add(e.before, head[:]), f[frameHeaderSize:]) == f.sum()
}

// padding reports whether f only repeats the commit frame before it, which SQLite does
// to fill a sector where the file system does not keep neighbours safe.
func (e *examiner) padding(f frame) bool {
	before := frame(e.last)
	return f.commit() && bytes.Equal(f[:8], before[:8]) && bytes.Equal(f[frameHeaderSize:], before[frameHeaderSize:])
}
