package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

func TestMetricsOfOnePluginAreAPageOfTheirOwn(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	promauto.With(registry).NewCounter(prometheus.CounterOpts{Name: "switchhook_handler_done_total", Help: "Done."})
	o := options()
	o.PluginMetrics = func(plugin string) (prometheus.GathererFunc, error) {
		if plugin != "a plugin/with a name" {
			return nil, errors.New("there is no plugin of that name")
		}
		return registry.Gather, nil
	}
	bare := newServer(t, options()).Handler()
	server := newServer(t, o)
	for name, test := range map[string]struct {
		handler http.Handler
		path    string
		accept  string
		code    int
		says    string
	}{
		"as text":                 {server.Handler(), "/metrics/plugins/a%20plugin%2Fwith%20a%20name", "", http.StatusOK, "switchhook_handler_done_total 0"},
		"through the socket":      {server.SocketHandler(), "/metrics/plugins/a%20plugin%2Fwith%20a%20name", "", http.StatusOK, "switchhook_handler_done_total 0"},
		"as OpenMetrics":          {server.Handler(), "/metrics/plugins/a%20plugin%2Fwith%20a%20name", "application/openmetrics-text;version=1.0.0", http.StatusOK, "# EOF"},
		"of an unknown plugin":    {server.Handler(), "/metrics/plugins/ghost", "", http.StatusNotFound, `{"error":"there is no plugin of that name"}`},
		"where no plugin has any": {bare, "/metrics/plugins/ghost", "", http.StatusNotFound, "no plugin measures itself"},
		"all of them":             {server.Handler(), "/metrics/plugins", "", http.StatusNotFound, "/metrics/plugins/{name}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+test.path, nil)
			req.Header.Set("Accept", test.accept)
			w := httptest.NewRecorder()
			test.handler.ServeHTTP(w, req)
			if w.Code != test.code || !strings.Contains(w.Body.String(), test.says) {
				t.Errorf("got %d %s, want %d with %s", w.Code, w.Body, test.code, test.says)
			}
		})
	}
}
