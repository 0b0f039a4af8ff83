package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
)

// joiner makes entries of messages.
type joiner struct {
	names names
	id    string
	parts int
	body  []byte

	size    int    // of all entries so far, decoded
	scratch []byte // for the next that is encoded
}

// maxScratch is how much memory is kept from one encoded entry for the next.
const maxScratch = 1 << 20

// add takes the next message of the log, of an entry or not; done says that it completes an entry.
func (j *joiner) add(m message) (r Record, done bool, err error) {
	if m.subject != j.names.entry() && m.subject != j.names.quiet() && m.subject != j.names.part() {
		return Record{}, false, nil
	}
	encoding, err := encodingOf(m.header)
	if err != nil {
		return Record{}, false, &finalError{fmt.Errorf("follow the log: entry %d: %w", m.seq, err)}
	}
	id, body := m.header.Get(jetstream.MsgIDHeader), m.data
	if part := m.header.Get(HeaderPart); part != "" {
		id = m.header.Get(HeaderEntry)
		n, of, ok := numbers(part)
		switch {
		case !ok:
			return Record{}, false, &finalError{fmt.Errorf("follow the log: %w: entry %d is part %q", ErrGap, m.seq, part)}
		case n == 1:
			j.id, j.parts, j.body = id, 0, nil
		case j.id != id || j.parts != n-1:
			return Record{}, false, &finalError{fmt.Errorf("follow the log: %w: what comes before part %s at %d is not there", ErrGap, part, m.seq)}
		}
		j.parts++
		j.body = append(j.body, body...)
		if n < of {
			return Record{}, false, nil
		}
		body = j.body
	}
	j.id, j.parts, j.body = "", 0, nil
	e, err := j.read(encoding, body)
	if err != nil {
		return Record{}, false, &finalError{fmt.Errorf("follow the log: entry %d cannot be read: %w", m.seq, err)}
	}
	return Record{Mark: m.seq, ID: id, Entry: e, Size: len(body)}, true, nil
}

// read makes an entry of its bytes, of which it keeps none.
func (j *joiner) read(encoding string, body []byte) (*logpb.Entry, error) {
	if encoding != "" {
		plain, err := decode(body, j.scratch)
		if err != nil {
			return nil, err
		}
		if body = plain; cap(plain) <= maxScratch {
			j.scratch = plain[:0]
		}
	}
	j.size += len(body)
	e := &logpb.Entry{}
	return e, proto.Unmarshal(body, e) //nolint:wrapcheck // add says which entry
}

// numbers reads "2/3".
func numbers(part string) (n, of int, ok bool) {
	first, second, _ := strings.Cut(part, "/")
	n, err1 := strconv.Atoi(first)
	of, err2 := strconv.Atoi(second)
	return n, of, err1 == nil && err2 == nil && n >= 1 && n <= of
}
