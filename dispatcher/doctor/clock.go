package doctor

import (
	"fmt"
	"net/http"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
)

// clocksApart is how far two clocks may be from each other before true Signs are
// in danger: half the minute that Tencent names.
const clocksApart = 30 * time.Second

// serverClock is a round tripper that notes the Date of the last response.
type serverClock struct {
	next http.RoundTripper
	off  time.Duration // of the server's clock, as seen from here
	seen bool
}

// RoundTrip passes the request on.
func (c *serverClock) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // It is the client's, which wraps it.
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		c.off, c.seen = time.Until(date), true
	}
	return response, nil
}

// CloseIdleConnections closes those of the round tripper behind.
func (c *serverClock) CloseIdleConnections() {
	if next, ok := c.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// check compares the clocks. It finds nothing where the server tells no time.
func (c *serverClock) check() []report.Finding {
	if !c.seen {
		return nil
	}
	word := "ahead of"
	if c.off < 0 {
		word = "behind"
	}
	if apart := c.off.Abs().Round(time.Second); apart > clocksApart {
		return []report.Finding{report.Doubtful("clock", fmt.Sprintf("the server's clock is %s %s this machine's: a true Sign of Tencent's may look stale to it", apart, word), "set both by NTP")}
	}
	return []report.Finding{report.Fine("clock", "the server's clock agrees with this machine's")}
}
