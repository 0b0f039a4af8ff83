package pluginhost

import (
	"log/slog"
	"strings"
)

// maxRemarks is how many of the last lines a report of a death tells.
const maxRemarks = 3

// remark is a line that a process printed, as far as a report of its death tells it.
type remark struct {
	text string
	raw  bool // no JSON object
	// quiet is true of a line that calls itself less than a warning. A raw line does
	// not say what it is, and may be the cause.
	quiet bool
}

// remarkOf shortens a line: of a JSON object, which may bring a stack and more, the
// message and the error remain.
func remarkOf(text string, entry logEntry) remark {
	if !entry.object {
		return remark{text: clip(text, tailLine), raw: true}
	}
	said := []string{firstLine(entry.message)}
	for _, field := range entry.fields {
		if field.Key == "err" || field.Key == "error" {
			said = append(said, firstLine(field.Value.String()))
		}
	}
	return remark{text: clip(strings.Join(said, ": "), tailLine), quiet: entry.level < slog.LevelWarn}
}

// lastWords returns the line that tells most: the one about memory, the first of the
// runtime's report, else the last lines printed. Those of
// everyday business are left out: they have nothing to do with the end of a process by
// a signal, and the last one at most is of use without it.
func (e exit) lastWords() string {
	if want := e.starved(); want != "" {
		return want
	}
	if e.panicText != "" {
		return clip(headline(e.panicText), tailLine)
	}
	var told []string
	for _, r := range e.tail {
		if !r.quiet {
			told = append(told, r.text)
		}
	}
	if len(told) == 0 && len(e.tail) > 0 && e.signal == 0 {
		return e.tail[len(e.tail)-1].text
	}
	return strings.Join(told[max(0, len(told)-maxRemarks):], " | ")
}

// printed reports whether the last lines say text.
func (e exit) printed(text string) bool {
	for _, r := range e.tail {
		if strings.Contains(r.text, text) {
			return true
		}
	}
	return false
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
