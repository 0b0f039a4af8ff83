package walfile

import (
	"encoding/binary"
	"io"
)

const (
	headerSize      = 32
	frameHeaderSize = 24

	magicLittle = 0x377f0682
	magicBig    = 0x377f0683
	version     = 3007000

	minPage = 512
	maxPage = 65536
)

// sum is SQLite's checksum, as far as it has come.
type sum struct{ a, b uint32 }

func storedSum(b []byte) sum {
	return sum{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// layout is what has to be known of a log to read its frames.
type layout struct {
	// big says that checksums read the bytes as big-endian numbers.
	big   bool
	page  int
	salts [8]byte
}

// add continues a checksum over p, whose length is a multiple of 8.
func (l layout) add(s sum, p []byte) sum {
	if l.big {
		for ; len(p) >= 8; p = p[8:] {
			s.a += binary.BigEndian.Uint32(p) + s.b
			s.b += binary.BigEndian.Uint32(p[4:]) + s.a
		}
		return s
	}
	for ; len(p) >= 8; p = p[8:] {
		s.a += binary.LittleEndian.Uint32(p) + s.b
		s.b += binary.LittleEndian.Uint32(p[4:]) + s.a
	}
	return s
}

func (l layout) frameSize() int { return frameHeaderSize + l.page }

// frames returns how many whole frames a file of the size has.
func (l layout) frames(size int64) int64 {
	return max(0, size-headerSize) / int64(l.frameSize())
}

// readHeader returns the layout that a header states, and whether SQLite would
// believe it.
func readHeader(h []byte) (layout, bool) {
	page := binary.BigEndian.Uint32(h[8:])
	if page < minPage || page > maxPage || page&(page-1) != 0 {
		return layout{}, false
	}
	l := layout{page: int(page)}
	switch binary.BigEndian.Uint32(h) {
	case magicLittle:
	case magicBig:
		l.big = true
	default:
		return layout{}, false
	}
	copy(l.salts[:], h[16:24])
	return l, binary.BigEndian.Uint32(h[4:]) == version && l.add(sum{}, h[:24]) == storedSum(h[24:])
}

// probes is how many frames are looked at for a layout that the header does not tell.
const probes = 16

// probe finds the layout by the frames alone: the one by which a frame continues the
// checksum of the one before it, or of the header.
func probe(r io.ReaderAt, size int64, h []byte) (layout, bool, error) {
	for page := minPage; page <= maxPage; page *= 2 {
		for _, big := range []bool{false, true} {
			l := layout{page: page, big: big}
			found, err := l.tryFrames(r, size, storedSum(h[24:]))
			if err != nil || found {
				return l, found, err
			}
		}
	}
	return layout{}, false, nil
}

// tryFrames looks for a frame that continues the one before it, and takes its salts.
func (l *layout) tryFrames(r io.ReaderAt, size int64, before sum) (bool, error) {
	b := make([]byte, l.frameSize())
	for i := range min(probes, l.frames(size)) {
		if _, err := r.ReadAt(b, headerSize+i*int64(len(b))); err != nil {
			return false, err //nolint:wrapcheck // Examine says what was read
		}
		f := frame(b)
		if f.page() != 0 && l.next(before, f) == f.sum() {
			copy(l.salts[:], f.salts())
			return true, nil
		}
		before = f.sum()
	}
	return false, nil
}

// earlier reports whether the frames found are those of the generation before the one
// that the broken header begins: all of them had been moved to the database when it
// was written.
func (l layout) earlier(h []byte) bool {
	first := binary.BigEndian.Uint32(l.salts[:])
	return binary.BigEndian.Uint32(h[16:]) == first+1
}

// frame is a frame's bytes.
type frame []byte

func (f frame) page() uint32  { return binary.BigEndian.Uint32(f) }
func (f frame) commit() bool  { return binary.BigEndian.Uint32(f[4:]) != 0 }
func (f frame) salts() []byte { return f[8:16] }
func (f frame) sum() sum      { return storedSum(f[16:]) }

// next is the checksum that f has to have behind one whose checksum is before.
func (l layout) next(before sum, f frame) sum {
	return l.add(l.add(before, f[:8]), f[frameHeaderSize:])
}
