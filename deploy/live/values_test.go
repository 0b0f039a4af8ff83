package live_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/live"
)

// valued is what a panel must show over the whole run, by the label named.
type valued struct {
	panel string // dashboard / row / panel, and the query where there are several
	by    string // empty for one value
	// rate says that the panel shows events a second; otherwise their number.
	rate bool
	want map[string]int
}

// Values are right within a fifth: the driver knows what it sent, and a scrape
// falls a little before or after it.
func TestPanelsShowWhatWasSent(t *testing.T) {
	t.Parallel()
	r := run(t)
	l := r.ledger
	decisions := map[string]int{}
	for _, command := range []string{ruled, crowded, narrow, bypassed, unclaimed} {
		for outcome, n := range l.Outcomes(command) {
			if outcome != "ok" && outcome != "rejected" {
				decisions[outcome] += n
			}
		}
	}
	for _, v := range []valued{
		{panel: "switchhook-overview / Callbacks by command / Rate by command / A", by: "command", rate: true, want: busiest(l.Commands())},
		{panel: "switchhook-overview / Callbacks by command / Outcomes", by: "outcome", rate: true, want: l.Outcomes("")},
		{panel: "switchhook-overview / Callbacks by command / Decisions defaulted / A", by: "outcome", rate: true, want: decisions},
		{panel: "switchhook-overview /  / Decisions defaulted / A", want: total(decisions)},
		{panel: "switchhook-overview /  / Callbacks / A", rate: true, want: total(l.Commands())},
		{panel: "switchhook-overview / Inbox / Duplicates / A", want: one(l.Count(live.Entry{Of: "duplicates"}))},
		{panel: "switchhook-overview / Requests and authentication / Authentication failures / A", by: "reason", rate: true, want: l.Reasons("auth")},
		{panel: "switchhook-overview / Requests and authentication / Requests rejected / A", by: "reason", rate: true, want: l.Reasons("rejected")},
		{panel: "switchhook-overview / Requests and authentication / Console probes / A", want: one(l.Count(live.Entry{Of: "probes"}))},
		{panel: "switchhook-overview / Requests and authentication / Command mismatches / A", want: one(l.Count(live.Entry{Of: "mismatches"}))},
		{panel: "switchhook-overview / Apps / Callbacks by app / A", by: "app", rate: true, want: map[string]int{"1400000001": l.Count(live.Entry{Of: "callbacks"})}},
		{panel: "switchhook-overview / Inbox / In against out / B", by: "result", rate: true, want: map[string]int{"dead": l.Count(live.Entry{Of: "dead"})}},
		{panel: "switchhook-plugins / Work / Attempts / A", by: "plugin", rate: true, want: map[string]int{
			"policy": attempted(l), "odd": l.Count(live.Entry{Of: "callbacks", Command: strayed}),
		}},
		{panel: "switchhook-plugins / Life / Starts / A", by: "plugin,reason", want: map[string]int{
			"mailer,crash": l.Count(live.Entry{Of: "kills", Outcome: "mailer"}) + poisoned, "steady,crash": l.Count(live.Entry{Of: "kills", Outcome: "steady"}),
		}},
		{panel: "switchhook-plugins / Life / Ends / A", by: "plugin,reason", want: map[string]int{
			// To the gateway a SIGKILL from outside looks as the kernel's does.
			"mailer,oom_suspected": l.Count(live.Entry{Of: "kills", Outcome: "mailer"}), "mailer,error": poisoned,
		}},
	} {
		t.Run(v.panel, func(t *testing.T) {
			t.Parallel()
			v.compare(t, r)
		})
	}
}

func (v valued) compare(t *testing.T, r result) {
	t.Helper()
	answer := r.shown(t, v.panel)
	seconds := r.window.End.Sub(r.window.Start).Seconds()
	got := map[string]float64{}
	for _, s := range answer {
		var key []string
		for label := range strings.SplitSeq(v.by, ",") {
			key = append(key, s.Metric[label])
		}
		value := s.Points[0].Value
		if v.rate {
			value *= seconds
		}
		got[strings.Join(key, ",")] += value
	}
	if len(v.want) == 0 {
		t.Error("the driver sent nothing of it")
	}
	for key, want := range v.want {
		// One more or less is no fifth of few.
		if diff := math.Abs(got[key] - float64(want)); diff > max(0.2*float64(want), 1.5) {
			t.Errorf("%s is %.1f, and %d were sent", key, got[key], want)
		}
	}
}

// shown returns what a panel, or one query of it, says of the whole run, at its end.
func (r result) shown(t *testing.T, panel string) (answer []live.Series) {
	t.Helper()
	found := false
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, board := range boards {
		times := grafana.Times{Rate: r.window.Seconds(), Interval: "1s", Range: r.window.Seconds()}
		choices, faults := r.asks().Variables(t.Context(), board, times)
		if len(choices) == 0 {
			t.Fatal(faults)
		}
		questions, err := live.Questions(board, choices[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range questions {
			if q.Where != panel && !strings.HasPrefix(q.Where, panel+" / ") {
				continue
			}
			found = true
			part, err := r.stand.Prometheus.Instant(t.Context(), q.Expr, r.window.End)
			if err != nil {
				t.Fatal(err)
			}
			answer = append(answer, part...)
		}
	}
	if !found {
		t.Fatal("no dashboard has it")
	}
	return answer
}

// The commands of the run that the comparisons name.
const (
	ruled     = "Group.CallbackBeforeCreateGroup"
	crowded   = "Group.CallbackBeforeApplyJoinGroup"
	narrow    = "Group.CallbackBeforeCreateTopic"
	bypassed  = "OfficialAccount.CallbackBeforeSendMsg"
	unclaimed = "Group.CallbackBeforeInviteJoinGroup"
	strayed   = "C2C.CallbackBeforeSendMsg"

	// poisoned is how many processes a callback may end before it is left.
	poisoned = 3
)

func one(n int) map[string]int { return map[string]int{"": n} }

func total(of map[string]int) map[string]int {
	n := 0
	for _, count := range of {
		n += count
	}
	return one(n)
}

// busiest leaves what a panel of the ten busiest commands shows for certain.
func busiest(of map[string]int) map[string]int {
	counts := make([]int, 0, len(of))
	for _, n := range of {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	least := counts[max(0, len(counts)-9)]
	shown := map[string]int{}
	for command, n := range of {
		if n >= least {
			shown[command] = n
		}
	}
	return shown
}

// attempted are the callbacks that policy was asked about.
func attempted(l *live.Ledger) int {
	n := 0
	for _, command := range []string{ruled, crowded, narrow} {
		for outcome, count := range l.Outcomes(command) {
			if outcome != "overloaded" {
				n += count
			}
		}
	}
	return n - l.Count(live.Entry{Of: "rejected", Outcome: "bad_json"})
}

// Whatever is a share lies between nothing and all.
func TestSharesAreShares(t *testing.T) {
	t.Parallel()
	r := run(t)
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, board := range boards {
		choices, _ := r.asks().Variables(t.Context(), board, r.asks().Times())
		for _, values := range choices {
			shares(t, r, board, values)
		}
	}
}

func shares(t *testing.T, r result, board grafana.Dashboard, values map[string]string) {
	t.Helper()
	for _, p := range board.Panels {
		for _, query := range p.Queries {
			// What is left of a budget is below nothing where it is overdrawn.
			if unit := unitOf(p, query); unit != "percentunit" || p.Title == "Error budget left" {
				continue
			}
			expr, err := grafana.Substitute(query.Expr, values)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := r.stand.Prometheus.Range(t.Context(), expr, r.window)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range answer {
				for _, point := range s.Points {
					if point.Value < 0 || point.Value > 1.0001 {
						t.Errorf("%s / %s: %v is no share: %v", board.UID, p.Title, point.Value, s.Metric)
						break
					}
				}
			}
		}
	}
}

func unitOf(p grafana.Panel, q grafana.Query) string {
	if q.Unit != "" {
		return q.Unit
	}
	return p.Unit
}

// The gateway's p99 lies in the bucket of what the driver saw, or beside it.
func TestTheP99IsTheDrivers(t *testing.T) {
	t.Parallel()
	r := run(t)
	answer := r.shown(t, "switchhook-overview /  / p99 of answers / A")
	if len(answer) != 1 {
		t.Fatalf("it is %v", answer)
	}
	buckets, err := r.buckets(t)
	if err != nil {
		t.Fatal(err)
	}
	shown, seen := answer[0].Points[0].Value, r.ledger.Quantile(0.99)
	at := func(seconds float64) int {
		return slices.IndexFunc(buckets, func(le float64) bool { return seconds <= le })
	}
	if diff := at(shown) - at(seen.Seconds()); diff < -1 || diff > 1 {
		t.Errorf("it is %v, and the driver saw %v; buckets end at %v", time.Duration(shown*float64(time.Second)), seen, buckets)
	}
}

// buckets returns where the buckets of the callbacks' durations end, in order.
func (r result) buckets(t *testing.T) (all []float64, err error) {
	t.Helper()
	found, err := r.stand.Prometheus.Instant(t.Context(), "sum by (le) (switchhook_callback_duration_seconds_bucket)", r.window.End)
	for _, s := range found {
		le, err := strconv.ParseFloat(s.Metric["le"], 64)
		if err != nil {
			return nil, fmt.Errorf("read bucket: %w", err)
		}
		all = append(all, le)
	}
	slices.Sort(all)
	return all, err
}
