package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
)

func TestFindingsKeepToTheirLines(t *testing.T) {
	t.Parallel()
	found := []report.Finding{
		report.Fine("host", "example.com"),
		report.Doubtful("scheme", "http:\nreadable\tby all", "use https"),
		report.Broken("port", "0 is no port", "use\nanother"),
	}
	var text strings.Builder
	if err := report.Write(&text, found); err != nil {
		t.Fatal(err)
	}
	const want = "ok    host    example.com\n" +
		"warn  scheme  http: readable by all\n" +
		"              → use https\n" +
		"fail  port    0 is no port\n" +
		"              → use another\n"
	if text.String() != want {
		t.Errorf("got\n%swant\n%s", text.String(), want)
	}
	if n := report.Failures(found); n != 1 {
		t.Errorf("%d failures, want 1: a warning is none", n)
	}
}

func TestTextsFitATerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 201)
	for got, want := range map[string]string{
		report.Clip("ä"):               "ä",
		report.Clip(long):              strings.Repeat("ä", 200) + "…",
		report.Line(" a\n\tb "):        "a b",
		report.Visible("jared"):        "jared",
		report.Visible("\x1b[31m"):     `"\x1b[31m"`,
		report.Visible("a\nb"):         `"a\nb"`,
		report.Visible("a b" + "\x00"): `"a b\x00"`,
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := report.Visible(""); got != `""` {
		t.Errorf("nothing at all is shown as %q", got)
	}
}

func TestTimesPretendToNoPrecision(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]string{
		2345678 * time.Microsecond: "2.35s",
		1234567 * time.Nanosecond:  "1.23ms",
		1500 * time.Nanosecond:     "2µs",
	} {
		if got := report.Round(took).String(); got != want {
			t.Errorf("%d ns: got %s, want %s", took, got, want)
		}
	}
	if got := report.Milliseconds(1234567 * time.Nanosecond); got != 1.234 {
		t.Errorf("got %v ms, want 1.234", got)
	}
}
