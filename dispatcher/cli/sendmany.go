package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// sendSummary is the result of many callbacks, for --output json.
type sendSummary struct {
	Command  string         `json:"command"`
	Sign     sender.Signing `json:"sign"`
	App      string         `json:"app"`
	URL      string         `json:"url"`
	Handlers []string       `json:"handlers"`
	// Unready says of handlers that are not ready why.
	Unready map[string]string `json:"unready,omitempty"`
	// Unverified says that the certificate was taken as it is.
	Unverified bool `json:"unverified,omitempty"`
	Wanted     int  `json:"wanted"`
	Sent       int  `json:"sent"`
	// OK says that all were sent, and that every reply was what it should be.
	OK        bool                   `json:"ok"`
	Succeeded int                    `json:"succeeded"`
	Failed    int                    `json:"failed"`
	Effects   map[verdict.Effect]int `json:"effects"`
	Flaws     map[string]int         `json:"flaws"`
	TookMS    float64                `json:"took_ms"`
	Rate      float64                `json:"rate"`
	MinMS     float64                `json:"min_ms"`
	P50MS     float64                `json:"p50_ms"`
	P99MS     float64                `json:"p99_ms"`
	MaxMS     float64                `json:"max_ms"`
	BudgetMS  float64                `json:"budget_ms"`
	// Examples holds the first text of each flaw.
	Examples map[string]string `json:"examples"`

	took []time.Duration
}

// judgement is one answer with what Tencent makes of it.
type judgement struct {
	took    time.Duration
	verdict verdict.Verdict
}

// sendMany posts cb f.count times, f.concurrency at once, and reports the sum. A
// cancelled ctx ends it early; what was sent until then is reported.
func (c *console) sendMany(ctx context.Context, cb callback, f sendFlags) error {
	sum := sendSummary{
		Command: cb.Command, Sign: cb.Signing, App: cb.App, URL: cb.URL, Handlers: cb.handlers,
		Unready: cb.unready, Unverified: cb.unverified, Wanted: f.count, BudgetMS: report.Milliseconds(verdict.Patience),
		Effects: map[verdict.Effect]int{}, Flaws: map[string]int{}, Examples: map[string]string{},
		took: make([]time.Duration, 0, f.count),
	}
	start := time.Now()
	answers := postMany(ctx, cb, f)
	progress := time.NewTicker(time.Second)
	defer progress.Stop()
	for open := true; open; {
		select {
		case j, more := <-answers:
			if open = more; more {
				sum.add(j)
			}
		case <-progress.C:
			if _, err := fmt.Fprintf(c.stderr, "%d of %d sent, %d failed\n", sum.Sent, sum.Wanted, sum.Failed); err != nil {
				progress.Stop()
			}
		}
	}
	sum.finish(time.Since(start))
	if err := c.print(sum, sum.write); err != nil {
		return err
	}
	return sum.err()
}

// postMany starts the senders; the channel closes when the last one is done.
func postMany(ctx context.Context, cb callback, f sendFlags) <-chan judgement {
	senders := min(f.concurrency, f.count)
	client := sender.NewClient(senders, cb.unverified)
	answers := make(chan judgement, senders)
	var (
		wg    sync.WaitGroup
		begun atomic.Int64
	)
	for range senders {
		wg.Go(func() {
			for begun.Add(1) <= int64(f.count) && ctx.Err() == nil {
				answer := cb.Post(ctx, client, f.timeout)
				if answer.Err != nil && ctx.Err() != nil {
					return // broken off by the user, not by the other side
				}
				answers <- judgement{answer.Took, cb.Judge(answer)}
			}
		})
	}
	go func() {
		wg.Wait()
		client.CloseIdleConnections()
		close(answers)
	}()
	return answers
}

func (s *sendSummary) add(j judgement) {
	s.Sent++
	s.took = append(s.took, j.took)
	s.Effects[j.verdict.Effect]++
	if len(j.verdict.Flaws) == 0 {
		s.Succeeded++
		return
	}
	s.Failed++
	for _, flaw := range j.verdict.Flaws {
		if s.Flaws[flaw.Code]++; s.Flaws[flaw.Code] == 1 {
			s.Examples[flaw.Code] = flaw.Text
		}
	}
}

func (s *sendSummary) finish(took time.Duration) {
	s.OK = s.err() == nil
	s.TookMS = report.Milliseconds(took)
	if len(s.took) == 0 {
		return
	}
	slices.Sort(s.took)
	s.Rate = float64(s.Sent) / took.Seconds()
	s.MinMS = report.Milliseconds(s.took[0])
	s.P50MS = report.Milliseconds(percentile(s.took, 50))
	s.P99MS = report.Milliseconds(percentile(s.took, 99))
	s.MaxMS = report.Milliseconds(s.took[len(s.took)-1])
}

// percentile is the nearest rank in sorted values: one that was really seen.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// err says why the run as a whole failed, or nil.
func (s *sendSummary) err() error {
	switch {
	case s.Failed > 0 && s.Sign.Forged():
		return fmt.Errorf("%d of %d forged requests were not refused with 401 or 403", s.Failed, s.Sent)
	case s.Failed > 0:
		return fmt.Errorf("%d of %d replies count as failures", s.Failed, s.Sent)
	case s.Sent < s.Wanted:
		return errors.New("interrupted")
	default:
		return nil
	}
}

// write puts the summary into words.
func (s *sendSummary) write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s for app %s to %s\n", s.Command, s.App, s.URL)
	text.WriteString(trusted(s.Unverified))
	text.WriteString(goesTo(s.Handlers, s.Unready))
	fmt.Fprintf(&text, "%d of %d sent in %.2fs (%.0f/s): %d ok, %d failed\n", s.Sent, s.Wanted, s.TookMS/1000, s.Rate, s.Succeeded, s.Failed)
	fmt.Fprintf(&text, "time: min %.2fms, p50 %.2fms, p99 %.2fms, max %.2fms of Tencent's %s\n", s.MinMS, s.P50MS, s.P99MS, s.MaxMS, verdict.Patience)
	for _, effect := range slices.Sorted(maps.Keys(s.Effects)) {
		fmt.Fprintf(&text, "%s: %d\n", effect, s.Effects[effect])
	}
	for _, code := range slices.Sorted(maps.Keys(s.Flaws)) {
		fmt.Fprintf(&text, "FAILURE %s: %d, such as: %s\n", code, s.Flaws[code], s.Examples[code])
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}
