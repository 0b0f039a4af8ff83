package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
)

// encodingS2 is what [HeaderEncoding] says of an entry that is one block of S2, which begins
// with the length that it decodes to.
const encodingS2 = "s2"

// maxDecoded bounds what a block may decode to, and so what a message that is damaged, or
// was made by somebody else, has us allocate. Longer entries are written plain.
const maxDecoded = 16 << 20

// leastEncoded is from what length on an entry is encoded: one of results, or of a short
// event, becomes little shorter, and gets headers more.
const leastEncoded = 512

// errEncoded is that an entry is not what its encoding says.
var errEncoded = errors.New("it is damaged")

// encodingOf is how the entry of a message is encoded, empty for plain. What this version
// does not know is [ErrNewer].
func encodingOf(h nats.Header) (string, error) {
	format, encoding := h.Get(HeaderFormat), h.Get(HeaderEncoding)
	switch {
	case format != Format && format != FormatEncoded:
		return "", fmt.Errorf("%w: it is of format %q, and this version reads %q and %q: upgrade this gateway", ErrNewer, format, Format, FormatEncoded)
	case encoding != "" && encoding != encodingS2:
		return "", fmt.Errorf("%w: it is encoded as %q, and this version reads %q: upgrade this gateway", ErrNewer, encoding, encodingS2)
	default:
		return encoding, nil
	}
}

// decode undoes [encodingS2]. The result may lie in scratch, where that is large enough.
func decode(body, scratch []byte) ([]byte, error) {
	switch n, err := s2.DecodedLen(body); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errEncoded, err)
	case n > maxDecoded:
		return nil, fmt.Errorf("%w: it says that it decodes to %d bytes, and %d are the most", errEncoded, n, maxDecoded)
	}
	plain, err := s2.Decode(scratch, body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEncoded, err)
	}
	return plain, nil
}

// spaces are memory to write entries in; of some hundred events they take as many kilobytes.
var spaces = sync.Pool{New: func() any { return &space{} }} //nolint:gochecknoglobals // memory that all share

type space struct{ plain, encoded []byte }

// encode is an entry as it is written, and what [HeaderEncoding] says of it; empty is plain.
func encode(e *logpb.Entry) (body []byte, encoding string, err error) {
	size := proto.Size(e)
	if size < leastEncoded || size > maxDecoded {
		body, err = proto.Marshal(e)
		return body, "", err //nolint:wrapcheck // the caller does
	}
	s, _ := spaces.Get().(*space)
	defer func() {
		if cap(s.plain) <= maxScratch {
			spaces.Put(s)
		}
	}()
	// What Size has counted is not counted again.
	s.plain, err = proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(slices.Grow(s.plain[:0], size), e)
	if err != nil {
		return nil, "", err //nolint:wrapcheck // the caller does
	}
	s.encoded = s2.Encode(s.encoded[:cap(s.encoded)], s.plain)
	if len(s.encoded) > size-size/8 {
		return bytes.Clone(s.plain), "", nil
	}
	return bytes.Clone(s.encoded), encodingS2, nil
}
