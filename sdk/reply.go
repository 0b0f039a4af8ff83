package sdk

import "encoding/json"

// Reply is an answer in the terms of the wire: what stands in the body that
// Tencent reads. Authors return typed answers instead; a Reply is what those
// become. The zero Reply is a plain OK.
type Reply struct {
	// Code is ErrorCode: 0 lets the operation through or acknowledges an event;
	// what other codes mean is the command's own (see package imevent).
	Code int
	// Info is ErrorInfo, the text that goes with Code.
	Info string
	// Extra holds the further top-level keys as one JSON object, or is nil. It
	// never repeats ActionStatus, ErrorCode or ErrorInfo, in any case.
	Extra json.RawMessage
}

// Answer is what a typed handler returns: a decision that knows how to become a
// [Reply]. An answer that Tencent would misread, such as a refusal code outside
// the command's range, returns an error instead.
type Answer interface {
	Reply() (Reply, error)
}

// Ack is the answer to an event that has already happened. It carries nothing,
// because Tencent reads nothing: a verdict on an after-command does not compile.
type Ack struct{}

// Reply returns a plain OK.
func (Ack) Reply() (Reply, error) { return Reply{}, nil }
