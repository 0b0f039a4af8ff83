package dispatcher

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/switchhook/switchhook/sdk"
)

// How a text is searched for what it quotes.
const (
	// shownText is how much of a text is shown at most, in bytes.
	shownText = 2 << 10
	// quoted is the length, in bytes, from which a piece of a value is found wherever
	// it stands. A shorter value is found where it stands whole and as a word of its own.
	quoted = 8
	// shortest is the length of the shortest value that is looked for, digits the least
	// number of digits of a number.
	shortest = 3
	digits   = 5
	// redacted stands where something was quoted.
	redacted = "[redacted]"
)

// Discreet is err for a log: the same to errors.Is and errors.As, and in its text
// without what that repeats of the values in cb's body. The names of the body's keys,
// the command and the app stay. It costs nothing until the text is asked for, which
// has to be before the body is given up.
func Discreet(err error, cb sdk.Callback) error { return &discreet{err: err, cb: cb} }

// discreet is an error whose text may repeat what its callback says.
type discreet struct {
	err error
	cb  sdk.Callback
}

func (e *discreet) Unwrap() error { return e.err }

func (e *discreet) Error() string {
	text := e.err.Error()
	text = text[:min(len(text), shownText+quoted)] // what is shown, and what a value that is cut in two goes on with
	s := newSearch(strings.ToValidUTF8(text, "\uFFFD"))
	for value := range valuesOf(e.cb.Body) {
		if value != e.cb.Command && value != e.cb.AppID {
			s.find(value)
		}
	}
	return s.redacted()
}

// search finds in a text what values say, upper and lower case alike. Its cost is
// bounded by the length of the text and of the values, whatever they are.
type search struct {
	text string
	// folded is the text in lower case, byte by byte.
	folded string
	found  []bool
	// at are the places of the pieces of the text, by the piece: of the lengths from
	// shortest to quoted. A piece that is found everywhere it stands is removed.
	at map[string][]int
}

func newSearch(text string) *search {
	s := &search{text: text, folded: fold(text), found: make([]bool, len(text)), at: make(map[string][]int)}
	for size := shortest; size <= quoted; size++ {
		for i := 0; i+size <= len(text); i++ {
			piece := s.folded[i : i+size]
			if size == quoted || s.stands(piece, i) {
				s.at[piece] = append(s.at[piece], i)
			}
		}
	}
	return s
}

// find marks what the text repeats of value.
func (s *search) find(value string) {
	value = fold(value)
	if len(value) >= shortest && len(value) < quoted {
		s.mark(value)
	}
	for i := 0; i+quoted <= len(value); i++ {
		s.mark(value[i : i+quoted])
	}
}

func (s *search) mark(piece string) {
	places, ok := s.at[piece]
	if !ok {
		return
	}
	delete(s.at, piece)
	for _, i := range places {
		for j := range len(piece) {
			s.found[i+j] = true
		}
	}
}

// stands reports whether the piece at i is a word of its own.
func (s *search) stands(piece string, i int) bool {
	end := i + len(piece)
	before := i > 0 && wordByte(s.folded[i-1]) && wordByte(piece[0])
	after := end < len(s.folded) && wordByte(s.folded[end]) && wordByte(piece[len(piece)-1])
	return !before && !after
}

func wordByte(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' }

// redacted is as much of the text as is shown, without what was found.
func (s *search) redacted() string {
	var b strings.Builder
	for i := 0; i < min(len(s.text), shownText); {
		if !s.found[i] {
			b.WriteByte(s.text[i])
			i++
			continue
		}
		for i < len(s.text) && (s.found[i] || !utf8.RuneStart(s.text[i])) {
			i++
		}
		b.WriteString(redacted)
	}
	shown := strings.ToValidUTF8(b.String(), "")
	if len(s.text) > shownText {
		shown += "…"
	}
	return shown
}

// fold is text with ASCII's letters in lower case, of the same length.
func fold(text string) string {
	folded := []byte(text)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}

// valuesOf are the texts and numbers in a JSON body, nested ones too: a text as it is
// written and, where that differs, as it reads. Keys are none. Of a body that is no
// JSON it finds what it can.
func valuesOf(body []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for rest := string(body); rest != ""; {
			i := strings.IndexAny(rest, `"0123456789`)
			if i < 0 {
				return
			}
			rest = rest[i:]
			size := numberAt(rest)
			if rest[0] != '"' {
				if size >= digits && !yield(rest[:size]) {
					return
				}
				rest = rest[size:]
				continue
			}
			size = stringAt(rest)
			raw := rest[1:size]
			closed := strings.TrimSuffix(raw, `"`)
			rest = rest[size:]
			if strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":") {
				continue // a key
			}
			if !yield(closed) {
				return
			}
			var reads string
			if strings.Contains(closed, `\`) && json.Unmarshal([]byte(`"`+closed+`"`), &reads) == nil && !yield(reads) {
				return
			}
		}
	}
}

// numberAt is the length of the digits that text begins with.
func numberAt(text string) int {
	return len(text) - len(strings.TrimLeft(text, "0123456789"))
}

// stringAt is the length of the JSON string that text begins with, quotes included;
// where it has no end, that of the text.
func stringAt(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
