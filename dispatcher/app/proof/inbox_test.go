package proof_test

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// line is what the gateway says of what waits for a plugin.
type line struct {
	Plugin             string
	Ready, Retry, Dead int64
}

// status is what the gateway says of its inbox.
type status struct {
	State   string
	Problem string
	Lines   []line
	Loss    *struct{ Commits int }
}

// waiting is how many copies are still to be delivered, to a plugin or, without one,
// to all.
func (s status) waiting(plugin string) (n int64) {
	for _, l := range s.Lines {
		if plugin == "" || l.Plugin == plugin {
			n += l.Ready + l.Retry
		}
	}
	return n
}

// get reads a page of the admin side.
func (g *gateway) get(path string, into any) (code int) {
	g.t.Helper()
	res, err := g.client.Get("http://" + g.admin + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		g.t.Fatalf("GET %s: %s: %v", path, res.Status, err)
	}
	return res.StatusCode
}

// inbox returns what the gateway says of its inbox.
func (g *gateway) inbox() (s status) {
	g.t.Helper()
	if code := g.get("/api/v1/inbox", &s); code != http.StatusOK {
		g.t.Fatalf("the gateway has no inbox: %d", code)
	}
	return s
}

// drained waits until nothing waits for a plugin any more, or for any.
func (g *gateway) drained(plugin string) {
	g.t.Helper()
	eventually(g.t, "all is delivered", func() bool { return g.inbox().waiting(plugin) == 0 })
}

// dead returns the ids of the dead letters of a plugin.
func (g *gateway) dead(plugin string) map[string]bool {
	g.t.Helper()
	ids := make(map[string]bool)
	query := url.Values{"status": {"dead"}, "plugin": {plugin}, "limit": {"1000"}}
	for {
		var page struct {
			Copies []struct {
				ID string `json:"id"`
			} `json:"copies"`
			Next string `json:"next"`
		}
		if code := g.get("/api/v1/inbox/events?"+query.Encode(), &page); code != http.StatusOK {
			g.t.Fatalf("the gateway tells nothing of its dead letters: %d", code)
		}
		for _, c := range page.Copies {
			ids[c.ID] = true
		}
		if page.Next == "" {
			return ids
		}
		query.Set("cursor", page.Next)
	}
}

// wantVerdict waits until all is delivered, and compares the two lists.
func (g *gateway) wantVerdict(l *ledger, plugin string) verdict {
	g.t.Helper()
	g.drained(plugin)
	v := l.judge(records(g.t, g.path(plugin+".jsonl")), g.dead(plugin))
	if !v.holds() {
		g.t.Errorf("of what plugin %s was to have: %s", plugin, v)
	}
	return v
}
