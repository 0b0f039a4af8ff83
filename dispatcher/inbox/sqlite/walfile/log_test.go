package walfile_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite/walfile"
)

const pageSize = 512

// logWriter writes a log as SQLite does, by the published format.
type logWriter struct {
	order binary.ByteOrder
	page  int
	out   []byte
	at    int
	sum   [2]uint32
	salts [2]uint32
	fill  byte
}

func newLog(order binary.ByteOrder, page int) *logWriter {
	w := &logWriter{order: order, page: page, salts: [2]uint32{7, 0xfeed}}
	w.header()
	return w
}

// header begins a generation at the start of the file, over what is there.
func (w *logWriter) header() {
	h := make([]byte, 32)
	magic := uint32(0x377f0682)
	if w.order == binary.BigEndian {
		magic++
	}
	binary.BigEndian.PutUint32(h, magic)
	binary.BigEndian.PutUint32(h[4:], 3007000)
	binary.BigEndian.PutUint32(h[8:], uint32(w.page))
	binary.BigEndian.PutUint32(h[16:], w.salts[0])
	binary.BigEndian.PutUint32(h[20:], w.salts[1])
	w.sum = [2]uint32{}
	w.add(h[:24])
	binary.BigEndian.PutUint32(h[24:], w.sum[0])
	binary.BigEndian.PutUint32(h[28:], w.sum[1])
	w.at = 0
	w.put(h)
}

func (w *logWriter) add(b []byte) {
	for ; len(b) > 0; b = b[8:] {
		w.sum[0] += w.order.Uint32(b) + w.sum[1]
		w.sum[1] += w.order.Uint32(b[4:]) + w.sum[0]
	}
}

func (w *logWriter) put(b []byte) {
	if missing := w.at + len(b) - len(w.out); missing > 0 {
		w.out = append(w.out, make([]byte, missing)...)
	}
	copy(w.out[w.at:], b)
	w.at += len(b)
}

// restart begins the next generation.
func (w *logWriter) restart() {
	w.salts[0]++
	w.salts[1] ^= 0x5a5a1234
	w.header()
}

// transaction writes frames, the last of which commits.
func (w *logWriter) transaction(frames int) {
	for i := range frames {
		w.fill++
		w.frame(uint32(w.fill)+1, i == frames-1, bytes.Repeat([]byte{w.fill, 3, 1}, w.page)[:w.page])
	}
}

func (w *logWriter) frame(page uint32, commit bool, data []byte) {
	f := make([]byte, 24, 24+w.page)
	binary.BigEndian.PutUint32(f, page)
	if commit {
		binary.BigEndian.PutUint32(f[4:], 300)
	}
	binary.BigEndian.PutUint32(f[8:], w.salts[0])
	binary.BigEndian.PutUint32(f[12:], w.salts[1])
	w.add(f[:8])
	w.add(data)
	binary.BigEndian.PutUint32(f[16:], w.sum[0])
	binary.BigEndian.PutUint32(f[20:], w.sum[1])
	w.put(append(f, data...))
}

// mark is a place in the log that a failed commit falls back to.
type mark struct {
	at  int
	sum [2]uint32
}

func (w *logWriter) mark() mark       { return mark{w.at, w.sum} }
func (w *logWriter) fallBack(to mark) { w.at, w.sum = to.at, to.sum }

// offset is where frame number i, from 1, begins.
func (w *logWriter) offset(i int) int { return 32 + (i-1)*(24+w.page) }

// blank makes frame i what the file system shows of a part that was never written.
func (w *logWriter) blank(i int) { clear(w.out[w.offset(i):w.offset(i+1)]) }

func (w *logWriter) flip(at int) { w.out[at] ^= 0x10 }

func examine(t *testing.T, b []byte) walfile.Report {
	t.Helper()
	r, err := walfile.Examine(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
