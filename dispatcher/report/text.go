package report

import (
	"strconv"
	"strings"
	"time"
)

// Clip returns the first 200 characters of text, and an ellipsis where there
// are more.
func Clip(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Line keeps what came from elsewhere from ending its line or its cell: all
// white space becomes single spaces.
func Line(text string) string { return strings.Join(strings.Fields(text), " ") }

// Visible quotes text that a terminal would not show as it is.
func Visible(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// Round makes a duration readable without pretending to precision.
func Round(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(time.Microsecond)
	}
}

// Milliseconds is how a time stands in JSON, under a name that ends in _ms:
// milliseconds with as many decimals as microseconds need.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
