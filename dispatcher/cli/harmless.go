package cli

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// harmless makes control characters visible on their way to a terminal. What a
// plugin printed or answered is part of many texts, and with an escape sequence in it
// would move the cursor, change the window's title, or worse.
type harmless struct{ to io.Writer }

// Write passes p on, and takes nothing but whole characters for control characters.
func (h harmless) Write(p []byte) (int, error) {
	shown := make([]byte, 0, len(p))
	for rest := p; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			shown = fmt.Appendf(shown, `\x%02x`, r)
		} else {
			shown = append(shown, rest[:size]...)
		}
		rest = rest[size:]
	}
	if _, err := h.to.Write(shown); err != nil {
		return 0, err //nolint:wrapcheck // As a writer does.
	}
	return len(p), nil
}
