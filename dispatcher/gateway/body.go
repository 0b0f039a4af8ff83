package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// firstRead is the first size of a buffer for a body of unknown length.
const firstRead = 4 << 10

// maxDrain is how much of an unwanted body is read and thrown away, so that a
// sender who writes everything before he reads gets his answer, on a connection
// that stays open. No honest callback is larger than the wire to a plugin.
const maxDrain = maxBodyLimit

// byteBudget bounds the bytes of bodies held at once.
type byteBudget struct{ free atomic.Int64 }

func (b *byteBudget) take(n int64) bool {
	if b.free.Add(-n) >= 0 {
		return true
	}
	b.free.Add(n)
	return false
}

func (b *byteBudget) giveBack(n int64) { b.free.Add(n) }

// readBody reads the whole body into memory of its own, which is never reused:
// a plugin's call may hold it long after the answer was due. held is what it
// takes of the budget, to be given back by the caller also when it is rejected.
//
// The server's read deadline bounds it, see newServer. It ends with the body:
// net/http lifts it when it has seen the end, before it goes on reading to notice
// a sender who hangs up.
func (g *Gateway) readBody(w http.ResponseWriter, r *http.Request) (body []byte, held int64, rejected rejection) {
	if r.Header.Get("Expect") != "" { // "100 Continue" must not meet the deadline of an earlier answer
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.options.WriteTimeout))
	}
	switch {
	case r.ContentLength > g.options.MaxBody:
		drain(r)
		return nil, 0, rejectTooLarge
	case encoded(r.Header):
		drain(r)
		return nil, 0, rejectEncoding
	case r.ContentLength >= 0:
		body, held, rejected = g.readSized(r)
	default:
		body, held, rejected = g.readChunked(r)
	}
	if rejected != accepted {
		drain(r)
	}
	return body, held, rejected
}

// readSized reads a body whose length is known, with one allocation. The server
// itself ends the body at Content-Length.
func (g *Gateway) readSized(r *http.Request) (body []byte, held int64, rejected rejection) {
	held = r.ContentLength
	if !g.budget.take(held) {
		return nil, 0, rejectOverload
	}
	body = make([]byte, held)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, held, readRejection(err)
	}
	return body, held, accepted
}

// readChunked reads a body of unknown length. The budget is charged as the
// buffer grows, so that short chunked bodies do not count as the largest.
func (g *Gateway) readChunked(r *http.Request) (body []byte, held int64, rejected rejection) {
	// Without the response writer MaxBytesReader leaves the connection open.
	limited := http.MaxBytesReader(nil, r.Body, g.options.MaxBody)
	for {
		if len(body) == cap(body) {
			grown := min(max(2*int64(cap(body)), firstRead), g.options.MaxBody+1)
			if !g.budget.take(grown - held) {
				return nil, held, rejectOverload
			}
			held = grown
			body = append(make([]byte, 0, grown), body...)
		}
		n, err := limited.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, held, accepted
		case err != nil:
			return nil, held, readRejection(err)
		}
	}
}

// readRejection tells why a body could not be read to its end.
func readRejection(err error) rejection {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return rejectTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return rejectSlow
	}
	return rejectCutShort
}

// drain reads what is left of an unwanted body, within the read deadline. A
// sender who waits for 100 Continue has sent none and is not invited to.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // how it ends shows in the connection, not here
	}
}

// encoded reports whether the body is compressed or otherwise wrapped.
func encoded(h http.Header) bool {
	values, ok := h["Content-Encoding"]
	return ok && (len(values) > 1 || values[0] != "")
}
