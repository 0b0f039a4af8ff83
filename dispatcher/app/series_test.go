package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/sdk/imevent"
)

const (
	// mostSeries is what a gateway may export with every command routed and ten plugins.
	mostSeries  = 4500
	manyPlugins = 10
	forgeries   = 10_000
)

// A gateway with every command of the catalogue routed, to ten plugins, has a bounded
// number of series, and nobody out there can add one.
func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.busyGateway()

	r.checkClosedSets(r.protobufFamilies())
	r.checkFormats()
	first := r.seriesOf(g.Registry)
	_, text := r.get("/metrics")
	if n := sampleCount(text); n >= mostSeries {
		t.Errorf("%d series, want fewer than %d: %v", n, mostSeries, largest(text))
	} else {
		t.Logf("%d series", n)
	}
	if problems, err := testutil.GatherAndLint(g.Registry); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}

	codes := make(map[int]int)
	for i := range forgeries {
		codes[r.forge(g.Handler, i)]++
	}
	for _, code := range []int{http.StatusOK, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed} {
		if codes[code] < forgeries/20 {
			t.Errorf("%d of %d forgeries were answered %d: %v", codes[code], forgeries, code, codes)
		}
	}
	if diff := cmp.Diff(first, r.seriesOf(g.Registry)); diff != "" {
		t.Errorf("forgeries have made series (-before +after):\n%s", diff)
	}
}

// busyGateway runs a gateway in this process that has every command routed and ten
// real plugins.
func (r *rig) busyGateway() *app.Inside {
	r.t.Helper()
	dir := bin(r.t)
	var text strings.Builder
	fmt.Fprintf(&text, "apps:\n  %q: {tokens: [\"${file:token}\"]}\n", shopApp)
	text.WriteString("plugin_dir: bin/plugins\ndata_dir: data\nlisten: 127.0.0.1:0\nadmin: {listen: \"127.0.0.1:0\"}\nwatch_plugins: false\nroutes:\n")
	for i, spec := range imevent.Specs() {
		fmt.Fprintf(&text, "  %q: {handlers: [plugin%d]}\n", spec.Command, i%manyPlugins)
	}
	r.write("switchhook.yaml", text.String())
	for i := range manyPlugins {
		if err := os.Symlink(filepath.Join(dir, "plugins", "blacklist"), r.path(fmt.Sprintf("bin/plugins/plugin%d", i))); err != nil {
			r.t.Fatal(err)
		}
	}
	file, err := config.Load(r.path("switchhook.yaml"), os.LookupEnv)
	if err != nil {
		r.t.Fatal(err)
	}
	g := app.RunInside(r.t, app.Options{
		Config: file, Version: "v0.0.0-test", Exec: []string{filepath.Join(dir, "switchhook"), "exec-plugin"},
		Logger: slog.New(slog.NewJSONHandler(r.log, nil)),
	})
	r.admin = g.Admin
	eventually(r.t, "every plugin is up, and has measured itself", func() bool {
		_, text := r.get("/metrics")
		return strings.Count(text, "\nswitchhook_plugin_start_time_seconds{") == manyPlugins &&
			strings.Count(text, "\nswitchhook_handler_blacklist_write_duration_seconds_sum{") == manyPlugins
	})
	return g
}

// forge sends the gateway a request that nobody would send in earnest, and returns the
// status of the answer.
func (r *rig) forge(h http.Handler, i int) int {
	n := strconv.Itoa(i)
	method, path, query := http.MethodPost, "/", r.signed(shopApp, "Sns.Forged"+n)
	switch i % 8 {
	case 0: // what would be a decision
		query.Set("CallbackCommand", "Group.CallbackBeforeForged"+n)
	case 1:
		query.Set("SdkAppid", n)
	case 2:
		path = "/forged/" + n
	case 3:
		method = "FORGED" + n
	case 4:
		query.Set("CallbackCommand", "forged\n"+n)
	case 5:
		query.Set("Sign", "forged"+n)
	case 6:
		query.Set("OptPlatform", "forged"+n)
		query.Set("ClientIP", "forged"+n)
		query.Set("Forged"+n, n)
	}
	req := httptest.NewRequest(method, path+"?"+query.Encode(), strings.NewReader(`{"CallbackCommand":"Forged.`+n+`"}`))
	req.Host = "forged-" + n + ".example"
	req.Header.Set("User-Agent", "forged "+n)
	req.Header.Set("X-Forwarded-For", n)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Code
}

// signed is a query of somebody who has the token.
func (r *rig) signed(app, command string) url.Values {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256([]byte(shopToken + now))
	return url.Values{"SdkAppid": {app}, "CallbackCommand": {command}, "Sign": {hex.EncodeToString(sum[:])}, "RequestTime": {now}}
}

// seriesOf names every series of a registry, without their values.
func (r *rig) seriesOf(registry *prometheus.Registry) (names []string) {
	r.t.Helper()
	families, err := registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			parts := []string{family.GetName()}
			for _, l := range m.GetLabel() {
				parts = append(parts, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			names = append(names, strings.Join(parts, " "))
		}
	}
	return names
}

// sampleCount counts the series of an exposition as Prometheus does, each bucket one.
func sampleCount(text string) (n int) {
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

// largest names the families of an exposition with the most series.
func largest(text string) []string {
	type family struct {
		name string
		n    int
	}
	var all []family
	for _, part := range strings.Split(text, "# HELP ")[1:] {
		name, _, _ := strings.Cut(part, " ")
		all = append(all, family{name, sampleCount(part) - 1})
	}
	slices.SortFunc(all, func(a, b family) int { return b.n - a.n })
	var names []string
	for _, f := range all {
		names = append(names, fmt.Sprintf("%s %d", f.name, f.n))
	}
	return names
}
