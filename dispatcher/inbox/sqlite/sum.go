package sqlite

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// castagnoli is computed in hardware where there is any.
var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a table that is never written to

// summer builds up a row's sum. Each text goes in with its length, so that no byte can
// move from one column to the next unnoticed.
type summer struct{ buf []byte }

func (s *summer) number(n int64) { s.buf = binary.LittleEndian.AppendUint64(s.buf, uint64(n)) } //nolint:gosec // the bits matter, not the value

func (s *summer) text(t string) {
	s.number(int64(len(t)))
	s.buf = append(s.buf, t...)
}

func (s *summer) sum() int64 { return int64(crc32.Checksum(s.buf, castagnoli)) }

func (s *summer) event(e *store.Event, received int64) int64 {
	s.buf = s.buf[:0]
	s.number(int64(e.Seq)) //nolint:gosec // a seq is far below the bound
	s.text(e.ID)
	s.text(e.Key)
	s.text(e.Command)
	s.text(e.AppID)
	s.text(e.ClientIP)
	s.text(e.Platform)
	s.number(received)
	return int64(crc32.Update(crc32.Checksum(s.buf, castagnoli), castagnoli, e.Body))
}

func (s *summer) copy(c *copyRow) int64 {
	s.buf = s.buf[:0]
	for _, n := range [...]int64{
		c.seq, c.queue, c.state, c.purpose, c.attempts, c.first, c.last, c.due, c.reason,
	} {
		s.number(n)
	}
	s.text(c.failure)
	return s.sum()
}

func (s *summer) queue(id int64, plugin, command string) int64 {
	s.buf = s.buf[:0]
	s.number(id)
	s.text(plugin)
	s.text(command)
	return s.sum()
}

func (s *summer) mark(mark int64, id string) int64 {
	s.buf = s.buf[:0]
	s.number(mark)
	s.text(id)
	return s.sum()
}

// numbers is the sum of a row that has nothing else.
func (s *summer) numbers(all ...int64) int64 {
	s.buf = s.buf[:0]
	for _, n := range all {
		s.number(n)
	}
	return s.sum()
}

// micros is t as it is kept; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
