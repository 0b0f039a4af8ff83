package apptest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// CLI runs the command line against the gateway, and returns what it prints.
func (g *Gateway) CLI(args ...string) string {
	g.t.Helper()
	out, err := g.Command(append(args, "--admin", g.Path("data/admin.sock"))...).CombinedOutput()
	if err != nil {
		g.t.Fatalf("switchhook %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Ask asks the gateway over its admin socket.
func (g *Gateway) Ask(question func(context.Context, *admin.Client) error) {
	g.t.Helper()
	client, err := admin.NewClient(g.Path("data/admin.sock"))
	if err != nil {
		g.t.Fatal(err)
	}
	defer client.Close()
	if err := question(context.Background(), client); err != nil {
		g.t.Fatal(err)
	}
}

// Plugin returns what the gateway says of a plugin, and nothing of one that it does not
// know.
func (g *Gateway) Plugin(name string) (found admin.Plugin) {
	g.t.Helper()
	g.Ask(func(ctx context.Context, c *admin.Client) error {
		all, err := c.Plugins(ctx)
		for _, p := range all {
			if p.Name == name {
				found = p
			}
		}
		return err
	})
	return found
}

// Page reads a path of the admin listener.
func (g *Gateway) Page(path string) (code int, text string) {
	g.t.Helper()
	res, err := g.Client.Get("http://" + g.Admin + path) //nolint:noctx // the client has a timeout
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// Get reads a path of the admin listener that answers with JSON.
func (g *Gateway) Get(path string, into any) (code int) {
	g.t.Helper()
	code, text := g.Page(path)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		g.t.Fatalf("GET %s: %d %q: %v", path, code, text, err)
	}
	return code
}

// Series returns everything that the gateway measures, by its name with labels, as the
// exposition has it.
func (g *Gateway) Series() map[string]float64 {
	g.t.Helper()
	_, text := g.Page("/metrics")
	values := make(map[string]float64)
	for line := range strings.Lines(text) {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			g.t.Fatal(err)
		}
		values[line[:at]] = value
	}
	return values
}

// Inbox is what the gateway says of its inbox.
type Inbox struct {
	State   string
	Problem string
	Lines   []Line
	Loss    *struct{ Commits int }
}

// Line is what the gateway says of what waits for a plugin.
type Line struct {
	Plugin             string
	Ready, Retry, Dead int64
}

// Waiting is how many copies are still to be delivered, to a plugin or, without one, to
// all.
func (i Inbox) Waiting(plugin string) (n int64) {
	for _, l := range i.Lines {
		if plugin == "" || l.Plugin == plugin {
			n += l.Ready + l.Retry
		}
	}
	return n
}

// Inbox returns what the gateway says of its inbox.
func (g *Gateway) Inbox() (i Inbox) {
	g.t.Helper()
	if code := g.Get("/api/v1/inbox", &i); code != http.StatusOK {
		g.t.Fatalf("the gateway has no inbox: %d", code)
	}
	return i
}

// Drained waits until nothing waits for a plugin any more, or for any.
func (g *Gateway) Drained(plugin string) {
	g.t.Helper()
	Eventually(g.t, "all is delivered", func() bool { return g.Inbox().Waiting(plugin) == 0 })
}

// Dead returns the ids of the dead letters of a plugin.
func (g *Gateway) Dead(plugin string) map[string]bool {
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
		if code := g.Get("/api/v1/inbox/events?"+query.Encode(), &page); code != http.StatusOK {
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

// Verdict waits until all is delivered to a plugin that is a Recorder, and compares what
// was accepted with what it has handled. What is lost or strange fails the test.
func (g *Gateway) Verdict(l *Ledger, plugin string) Verdict {
	g.t.Helper()
	g.Drained(plugin)
	v := l.Judge(Handled(g.t, g.Path(plugin+".jsonl")), g.Dead(plugin))
	if !v.Holds() {
		g.t.Errorf("of what plugin %s was to have: %s", plugin, v)
	}
	return v
}
