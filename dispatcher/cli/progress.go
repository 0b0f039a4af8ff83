package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// noteEvery is how often long work says how far it is where nobody sees a bar move.
const noteEvery = 10 * time.Second

// progress shows on standard error how far long work is: a bar on a terminal, and a
// line now and then anywhere else. It belongs to one goroutine.
type progress struct {
	console *console
	what    string
	bar     *progressbar.ProgressBar // nil where there is no terminal
	noted   time.Time
}

// begin starts to show what is done, such as "reading".
func (c *console) begin(what string) *progress {
	p := &progress{console: c, what: what, noted: time.Now()}
	if f, ok := c.stderr.(*os.File); ok && isTerminal(f) {
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(f),
			progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetSpinnerChangeInterval(0), // it turns when something is done
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// to shows that so much is done; a total of 0 is not known.
func (p *progress) to(done, total int64) {
	if p.bar != nil {
		if total > 0 && p.bar.GetMax64() != total {
			p.bar.ChangeMax64(total)
		}
		_ = p.bar.Set64(done) // a bar that cannot be drawn is no failure of the work
		return
	}
	if time.Since(p.noted) < noteEvery {
		return
	}
	p.noted = time.Now()
	text := fmt.Sprintf("%s: %d", p.what, done)
	if total > 0 {
		text += fmt.Sprintf(" of %d", total)
	}
	_, _ = fmt.Fprintln(p.console.stderr, text) // as above
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}
