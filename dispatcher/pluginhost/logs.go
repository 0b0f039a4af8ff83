package pluginhost

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Limits on what a plugin's output may cost the gateway.
const (
	maxLogLine   = 16 << 10 // bytes of a line that are kept
	logBurst     = 500      // lines that pass at once
	logRate      = 100      // lines a second that pass in the long run
	tailLines    = 20       // lines kept for the report of a death
	tailLine     = 300      // bytes kept of each
	maxPanicText = 8 << 10  // bytes kept of a panic
	maxDump      = 64 << 10 // bytes kept of a dump of goroutines
)

// logSink takes the lines of one process, whichever stream they come on, and
// hands them to the log: typed, capped and rate-limited. It also remembers the
// last ones, which are most of what is known about a death.
type logSink struct {
	log   *slog.Logger
	count func(slog.Level)
	now   func() time.Time
	// curtain hides the secrets of the process; nil hides nothing.
	curtain *curtain

	mu         sync.Mutex
	tokens     float64
	refilled   time.Time
	suppressed int
	tail       []remark
	panicText  strings.Builder
	panicking  bool
	preface    bool // the line before announced a panic
	dumping    bool
	dump       strings.Builder
}

func newLogSink(log *slog.Logger, count func(slog.Level), now func() time.Time) *logSink {
	return &logSink{log: log, count: count, now: now, tokens: logBurst, refilled: now()}
}

// line takes one line without its end. cut says that it was longer.
func (s *logSink) line(stream string, raw []byte, cut bool) {
	text := strings.ToValidUTF8(string(bytes.TrimRight(raw, "\r\n")), "\uFFFD")
	if strings.TrimSpace(text) == "" {
		return
	}
	hide := s.curtain.redactor()
	if cut {
		text = hide.Cut(text)
	}
	entry := parseLogLine(text)
	entry.redact(hide)
	text = hide.Text(text)
	if s.inDump(text) {
		return
	}
	if stream == "stdout" {
		entry.level = max(entry.level, slog.LevelWarn)
	}
	suppressed, pass := s.remember(text, &entry)
	s.count(entry.level)
	if !pass {
		return
	}
	ctx := context.Background()
	s.leftOut(suppressed)
	if !s.log.Enabled(ctx, entry.level) {
		return
	}
	record := slog.NewRecord(s.now(), entry.level, entry.message, 0)
	record.AddAttrs(slog.String("stream", stream))
	if cut {
		record.AddAttrs(slog.Bool("cut", true))
	}
	if len(entry.fields) > 0 {
		record.AddAttrs(slog.Attr{Key: "fields", Value: slog.GroupValue(entry.fields...)})
	}
	s.log.Handler().Handle(ctx, record) //nolint:errcheck,gosec // A log that fails has nowhere to say so.
}

// expectDump makes what is printed from now on one record of the log, as far as there
// is room: what a process is at that was told to show it and end.
func (s *logSink) expectDump() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dumping = true
}

// inDump keeps a line of a dump.
func (s *logSink) inDump(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dumping && s.dump.Len() < maxDump {
		s.dump.WriteString(clip(text, maxDump-s.dump.Len()))
		s.dump.WriteByte('\n')
	}
	return s.dumping
}

// flush says what is left to say when the process has ended.
func (s *logSink) flush() {
	s.mu.Lock()
	suppressed, dump := s.suppressed, s.dump.String()
	s.suppressed = 0
	s.dump.Reset()
	s.mu.Unlock()
	s.leftOut(suppressed)
	if dump != "" {
		s.log.Error("goroutines of a plugin that did not answer", "dump", dump)
	}
}

func (s *logSink) leftOut(suppressed int) {
	if suppressed > 0 {
		s.log.Warn("plugin prints too much: lines left out", "lines", suppressed)
	}
}

// remember keeps the line for the report of a death and decides whether it may
// pass. It returns how many lines were left out since the last that did.
func (s *logSink) remember(text string, entry *logEntry) (suppressed int, pass bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tail) == tailLines {
		s.tail = append(s.tail[:0], s.tail[1:]...)
	}
	s.tail = append(s.tail, remarkOf(text, *entry))
	if s.inPanic(text) {
		entry.level = slog.LevelError
		if s.panicText.Len()+len(text) < maxPanicText {
			s.panicText.WriteString(text)
			s.panicText.WriteByte('\n')
		}
	}
	now := s.now()
	s.tokens = min(logBurst, s.tokens+now.Sub(s.refilled).Seconds()*logRate)
	s.refilled = now
	if s.tokens < 1 {
		s.suppressed++
		return 0, false
	}
	s.tokens--
	suppressed, s.suppressed = s.suppressed, 0
	return suppressed, true
}

// lastWords returns the panic's text, if there was one, and the last lines.
func (s *logSink) lastWords() (panicText string, tail []remark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.panicText.String(), append([]remark(nil), s.tail...)
}

func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// lines cuts a stream into lines for a sink. As a writer it takes what go-plugin
// carries over the link; as a reader's end it empties a pipe.
type lines struct {
	sink   *logSink
	stream string

	partial []byte
	cut     bool
}

// readAll reads r until it ends or fails. A line beyond the limit is passed on
// cut, its rest dropped, so that no plugin can make the gateway hold much.
func (l *lines) readAll(r io.Reader) {
	in := bufio.NewReaderSize(r, maxLogLine)
	for {
		line, err := in.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if !l.cut && len(line) > 0 {
			l.sink.line(l.stream, line, full)
		}
		l.cut = full
		if err != nil && !full {
			return
		}
	}
}

// Write takes a piece of a stream, which may end within a line. It is not safe
// for concurrent use.
func (l *lines) Write(p []byte) (int, error) {
	rest := p
	for len(rest) > 0 {
		piece, after, complete := bytes.Cut(rest, []byte{'\n'})
		rest = after
		room := maxLogLine - len(l.partial)
		if len(piece) > room {
			piece, l.cut = piece[:room], true
		}
		l.partial = append(l.partial, piece...)
		if complete {
			l.sink.line(l.stream, l.partial, l.cut)
			l.partial, l.cut = l.partial[:0], false
		}
	}
	return len(p), nil
}
