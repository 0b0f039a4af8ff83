package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/gateway"
)

// okReply is the reply that lets everything pass.
const okReply = apptest.OKReply

// answer is what a callback got.
type answer struct {
	status int
	body   string
	id     string // of the callback, as the answer names it
	took   time.Duration
	err    error
}

func (a answer) String() string {
	return fmt.Sprintf("got %d %s after %s (%v)", a.status, a.body, a.took, a.err)
}

// accounts that stand in the bodies of the tests and nowhere else.
const (
	alice = "alice-of-the-tests"
	bob   = "bob-of-the-tests"
	words = "words that nobody else may read"
)

// query is what Tencent puts into the URL, signed with token.
func (r *rig) query(app, command, token string) url.Values {
	query := apptest.Query(app, command, token)
	r.secret(query.Get("Sign"))
	r.secret(alice)
	r.secret(words)
	return query
}

// post sends a callback and returns what came back, or the error.
func (r *rig) post(query url.Values, body []byte) answer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.listen+"/?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	start := time.Now()
	res, err := r.client.Do(req)
	if err != nil {
		return answer{err: errors.Unwrap(err)} // without the URL
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, body: string(text), id: res.Header.Get(gateway.IDHeader), took: time.Since(start), err: err}
}

// send posts a signed callback whose body tells a test plugin what to do.
func (r *rig) send(command, do string) answer {
	body, err := json.Marshal(order{CallbackCommand: command, Do: do, Text: words + " of " + alice})
	if err != nil {
		return answer{err: err}
	}
	return r.post(r.query(shopApp, command, shopToken), body)
}

// sendLater is send in the background.
func (r *rig) sendLater(command, do string) <-chan answer {
	later := make(chan answer, 1)
	go func() { later <- r.send(command, do) }()
	return later
}

// want checks that an answer is 200 with that body.
func (r *rig) want(what string, got answer, body string) {
	r.t.Helper()
	if got.err != nil || got.status != http.StatusOK || got.body != body {
		r.t.Errorf("%s: %s, want 200 %s", what, got, body)
	}
}

// get reads a path of the admin listener.
func (r *rig) get(path string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.admin+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// metric returns the value of a series, written as the exposition has it; 0
// where there is none.
func (r *rig) metric(series string) float64 {
	r.t.Helper()
	_, text := r.get("/metrics")
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				r.t.Fatal(err)
			}
			return value
		}
	}
	return 0
}

// wantMetric checks the value of a series.
func (r *rig) wantMetric(series string, want float64) {
	r.t.Helper()
	if got := r.metric(series); got != want {
		r.t.Errorf("%s is %g, want %g", series, got, want)
	}
}

// outcome is the series that counts a command's callbacks by outcome.
func outcome(command, outcome string) string {
	return `switchhook_callbacks_total{command="` + command + `",outcome="` + outcome + `"}`
}

// defaulted is the series that counts a command's decisions that policy made.
func defaulted(command, outcome string) string {
	return `switchhook_decisions_defaulted_total{command="` + command + `",outcome="` + outcome + `"}`
}

// plugin returns what the gateway says of a plugin.
func (r *rig) plugin(name string) (found admin.Plugin) {
	r.t.Helper()
	r.ask(func(ctx context.Context, c *admin.Client) error {
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

// ready returns what /-/ready says.
func (r *rig) ready() (code int, said admin.Readiness) {
	r.t.Helper()
	code, text := r.get("/-/ready")
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		r.t.Fatalf("%q: %v", text, err)
	}
	return code, said
}

// degraded returns what the admin socket says is wrong, in full.
func (r *rig) degraded() (reasons []string) {
	r.t.Helper()
	r.ask(func(ctx context.Context, c *admin.Client) error {
		status, err := c.Status(ctx)
		reasons = status.Degraded
		return err
	})
	return reasons
}

// run runs the program to its end and returns what it printed and its exit code.
func (r *rig) run(args ...string) (stdout, stderr string, code int) {
	r.t.Helper()
	cmd := r.switchhook(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			r.t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return out.String(), errs.String(), code
}

// wantRun is run that has to end with code; it returns all that was printed.
func (r *rig) wantRun(code int, args ...string) string {
	r.t.Helper()
	stdout, stderr, got := r.run(args...)
	if got != code {
		r.t.Errorf("switchhook %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout, stderr)
	}
	return stdout + stderr
}

// wantSaid checks that a text has every part.
func (r *rig) wantSaid(what, text string, parts ...string) {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			r.t.Errorf("%s does not say %q:\n%s", what, part, text)
		}
	}
}
