package cluster

// Decode undoes what an encoded entry's encoding is.
func Decode(body []byte) ([]byte, error) { return decode(body, nil) }

// MaxDecoded is the most that it decodes to.
const MaxDecoded = maxDecoded
