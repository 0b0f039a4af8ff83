package admin

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// scrapesAtOnce bounds how many scrapes gather at the same time: two
	// Prometheus servers and a person.
	scrapesAtOnce = 3
	// scrapeTimeout is half the shortest scrape interval anybody uses.
	scrapeTimeout = 5 * time.Second
)

// register adds the room's own metrics to the registry.
func (s *Server) register() error {
	if s.opts.Registerer == nil {
		return nil
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "switchhook_build_info",
		Help: "1, with the version, revision and toolchain that this gateway was built from.",
		ConstLabels: prometheus.Labels{
			"version":   s.opts.Version,
			"revision":  revision(),
			"goversion": runtime.Version(),
			"goos":      runtime.GOOS,
			"goarch":    runtime.GOARCH,
		},
	})
	build.Set(1)
	for _, c := range []prometheus.Collector{newStateMetrics(s.opts.Status), build} {
		if err := s.opts.Registerer.Register(c); err != nil {
			return fmt.Errorf("register admin metrics: %w", err)
		}
	}
	return nil
}

// revision returns the commit the binary was built from, where the toolchain knew.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return ""
}

// scrapeHandler answers /metrics. A collector that fails takes only its own
// families away: an operator is never as blind as when one bad plugin can empty
// the whole page.
func (s *Server) scrapeHandler() http.Handler {
	o := s.scrapeOptions()
	o.Registry, o.MaxRequestsInFlight = s.opts.Registerer, scrapesAtOnce
	return promhttp.HandlerFor(s.opts.Gatherer, o)
}

func (s *Server) scrapeOptions() promhttp.HandlerOpts {
	return promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		Timeout:           scrapeTimeout,
		ErrorHandling:     promhttp.ContinueOnError,
		ErrorLog:          slog.NewLogLogger(s.log.With("listener", "admin", "path", pathMetrics).Handler(), slog.LevelError),
	}
}

// pluginMetrics answers with what one plugin measures of itself, for a scrape of its
// own.
func (s *Server) pluginMetrics(w http.ResponseWriter, r *http.Request) {
	name, err := url.PathUnescape(mux.Vars(r)["name"])
	if err != nil {
		refuse(w, http.StatusBadRequest, "the plugin's name cannot be read")
		return
	}
	if s.opts.PluginMetrics == nil {
		refuse(w, http.StatusNotFound, "no plugin measures itself here")
		return
	}
	gatherer, err := s.opts.PluginMetrics(name)
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	select {
	case s.scrapes <- struct{}{}:
		defer func() { <-s.scrapes }()
	default:
		refuse(w, http.StatusServiceUnavailable, "too many scrapes at once")
		return
	}
	promhttp.HandlerFor(gatherer, s.scrapeOptions()).ServeHTTP(w, r)
}
