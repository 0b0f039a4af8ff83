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
	tailLines    = 20       // lines kept for the report of a death
	tailLine     = 300      // bytes kept of each
	maxPanicText = 8 << 10  // bytes kept of a panic
	maxDump      = 64 << 10 // bytes kept of a dump of goroutines
	maxLineAge   = time.Hour
)

// logSink takes the lines of one process, whichever stream they come on, and
// hands them to the log: typed and capped. How many a second are written is the log's
// affair, see dispatcher/logging. It also remembers the last ones, which are most of
// what is known about a death.
type logSink struct {
	log   *slog.Logger
	least slog.Level // of the lines that are passed on
	count func(slog.Level)
	now   func() time.Time
	// curtain hides the secrets of the process; nil hides nothing.
	curtain *curtain

	mu        sync.Mutex
	tail      []remark
	panicText strings.Builder
	panicking bool
	preface   bool // the line before announced a panic
	dumping   bool
	dump      strings.Builder
}

func newLogSink(log *slog.Logger, least slog.Level, count func(slog.Level), now func() time.Time) *logSink {
	return &logSink{log: log, least: least, count: count, now: now}
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
	s.remember(text, &entry)
	s.count(entry.level)
	s.write(stream, &entry, cut)
}

// write has the log written. A line that is no object is marked as raw: what it says of
// itself is a guess.
func (s *logSink) write(stream string, entry *logEntry, cut bool) {
	if entry.level < s.least {
		return
	}
	record := slog.NewRecord(s.timeOf(entry), entry.level, entry.message, 0)
	record.AddAttrs(slog.String("stream", stream))
	if !entry.object {
		record.AddAttrs(slog.Bool("raw", true))
	}
	if cut {
		record.AddAttrs(slog.Bool("cut", true))
	}
	if len(entry.fields) > 0 {
		record.AddAttrs(slog.Attr{Key: "fields", Value: slog.GroupValue(entry.fields...)})
	}
	s.log.Handler().Handle(context.Background(), record) //nolint:errcheck,gosec // A log that fails has nowhere to say so.
}

// timeOf is when the line was made, where it says so and may be believed.
func (s *logSink) timeOf(entry *logEntry) time.Time {
	now := s.now()
	if age := now.Sub(entry.time); age < 0 || age > maxLineAge {
		return now
	}
	return entry.time
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
	dump := s.dump.String()
	s.dump.Reset()
	s.mu.Unlock()
	if dump != "" {
		s.log.Error("goroutines of a plugin that did not answer", "dump", dump)
	}
}

// remember keeps the line for the report of a death, and makes one that is part of a
// panic's report an error.
func (s *logSink) remember(text string, entry *logEntry) {
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
