package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// reportEvery is how often progress is told at most.
	reportEvery = 100 * time.Millisecond
	// lineTimeout is how long a client may take to read one line.
	lineTimeout = 10 * time.Second
	// typeLines is the media type of an answer of several lines.
	typeLines = "application/x-ndjson"
)

// streamLine is a line of the answer to long work: progress, any number of times,
// and then a result or an error.
type streamLine struct {
	Progress any    `json:"progress,omitempty"`
	Result   any    `json:"result,omitempty"`
	Error    string `json:"error,omitempty"`
}

// lines writes the answer to long work. The first line settles the status.
type lines struct {
	w      http.ResponseWriter
	cancel context.CancelFunc

	mu    sync.Mutex
	begun bool
	ended bool
	last  time.Time
}

// stream does what is asked, tells how far it is, and has it audited. What is refused
// before anything was told of it has a status of its own, as with any other change.
// A client that goes, or does not read, ends the work.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, asked request, do func(context.Context, func(any)) (any, error)) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // as in carryOut
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := &lines{w: w, cancel: cancel}
	out.patience(0)
	began := time.Now()
	result, err := do(ctx, out.progress)
	if err != nil {
		result = nil
	}
	if s.opts.Audit != nil {
		who, _ := PeerOf(r.Context())
		s.opts.Audit(r.Context(), Audited{
			At: began, Peer: who, What: asked.what, Target: asked.target, Args: asked.args,
			Result: result, Err: err, Took: time.Since(began),
		})
	}
	out.finish(result, err)
}

// progress writes a line, unless there was one just now.
func (l *lines) progress(value any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); !l.ended && now.Sub(l.last) >= reportEvery {
		l.last = now
		l.write(streamLine{Progress: value})
	}
}

// finish writes the last line.
func (l *lines) finish(result any, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	switch {
	case err == nil:
		l.write(streamLine{Result: result})
	case l.begun:
		l.write(streamLine{Error: err.Error()})
	default:
		code := http.StatusUnprocessableEntity
		if special, ok := errors.AsType[*refusal](err); ok {
			code = special.code
		} else if errors.Is(err, ErrNotFound) {
			code = http.StatusNotFound
		}
		l.patience(lineTimeout)
		refuse(l.w, code, err.Error())
	}
}

// write writes a line and sends it off.
func (l *lines) write(line streamLine) {
	l.patience(lineTimeout)
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", typeLines)
		l.w.WriteHeader(http.StatusOK)
	}
	err := json.NewEncoder(l.w).Encode(line)
	if err == nil {
		err = http.NewResponseController(l.w).Flush()
	}
	if err != nil { // nobody is left to tell
		l.cancel()
	}
	l.patience(0)
}

// patience bounds the next write; 0 is without end, while the work goes on.
func (l *lines) patience(wait time.Duration) {
	var until time.Time
	if wait > 0 {
		until = time.Now().Add(wait)
	}
	_ = http.NewResponseController(l.w).SetWriteDeadline(until) // a recorder in a test has none
}
