package cluster

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go"
)

// encodingS2 is what [HeaderEncoding] says of an entry that is one block of S2, which begins
// with the length that it decodes to.
const encodingS2 = "s2"

// maxDecoded bounds what a block may decode to, and so what a message that is damaged, or
// was made by somebody else, has us allocate. Longer entries are written plain.
const maxDecoded = 16 << 20

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
