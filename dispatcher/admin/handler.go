package admin

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gorilla/mux"
)

// bodyLimit caps a request's body; no request of this API has one that matters.
const bodyLimit = 4 << 10

// Handler returns the reads: what the TCP listener answers. It refuses hosts it
// does not know, and leaves out paths, process ids and what plugins said.
func (s *Server) Handler() http.Handler {
	router := s.reads(redact)
	router.HandleFunc(pathReload, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "changes go through the unix socket: <data_dir>/"+SocketName)
	})
	return headers(s.knownHosts(http.MaxBytesHandler(router, bodyLimit)))
}

// SocketHandler returns everything: what the unix socket answers.
func (s *Server) SocketHandler() http.Handler {
	router := s.reads(nil)
	router.HandleFunc(pathReload, s.reload).Methods(http.MethodPost)
	return headers(http.MaxBytesHandler(router, bodyLimit))
}

// reads returns a router of every path that changes nothing. What conceal is
// given, it may make smaller before it is sent; nil shows all.
func (s *Server) reads(conceal func(*Status, []Plugin)) *mux.Router {
	if conceal == nil {
		conceal = func(*Status, []Plugin) {}
	}
	router := mux.NewRouter()
	router.NotFoundHandler = http.HandlerFunc(notFound)
	router.MethodNotAllowedHandler = http.HandlerFunc(notAllowed)
	get := func(path string, h http.HandlerFunc) {
		router.HandleFunc(path, h).Methods(http.MethodGet, http.MethodHead)
	}
	get(pathMetrics, s.metrics.ServeHTTP)
	get(pathHealthy, healthy)
	get(pathReady, func(w http.ResponseWriter, _ *http.Request) {
		status := s.opts.Status()
		conceal(&status, nil)
		ready(w, status)
	})
	get(pathStatus, func(w http.ResponseWriter, _ *http.Request) {
		status := s.opts.Status()
		conceal(&status, nil)
		status.Degraded, status.Apps = list(status.Degraded), list(status.Apps)
		answer(w, http.StatusOK, status)
	})
	get(pathPlugins, func(w http.ResponseWriter, _ *http.Request) {
		plugins := append([]Plugin{}, s.opts.Plugins()...)
		conceal(nil, plugins)
		for i := range plugins {
			plugins[i].Claims = list(plugins[i].Claims)
		}
		answer(w, http.StatusOK, PluginList{Plugins: plugins})
	})
	get(pathRoutes, func(w http.ResponseWriter, _ *http.Request) {
		routes := append([]Route{}, s.opts.Routes()...)
		for i := range routes {
			routes[i].Handlers = list(routes[i].Handlers)
		}
		answer(w, http.StatusOK, RouteList{Routes: routes})
	})
	return router
}

// redact takes away what only the machine's own user needs.
func redact(status *Status, plugins []Plugin) {
	if status != nil {
		status.PID, status.ConfigFile, status.DataDir = 0, "", ""
		status.Degraded = status.Public
	}
	for i := range plugins {
		p := &plugins[i]
		p.PID, p.Path = 0, ""
		if p.Error != "" {
			p.Error = "see `switchhook plugin ls` on the gateway's machine"
		}
	}
}

// healthy says that the process turns, whatever else is wrong.
func healthy(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"healthy"})
}

// ready says whether callbacks should be sent here.
func ready(w http.ResponseWriter, status Status) {
	r := Readiness{State: status.State, Reasons: []string{}, Degraded: list(status.Degraded)}
	switch status.State {
	case StateReady:
		answer(w, http.StatusOK, r)
		return
	case StateStarting:
		r.Reasons = []string{"the gateway is starting: plugins or the listener are not there yet"}
	case StateDraining:
		r.Reasons = []string{"the gateway is draining: it is about to stop"}
	default:
		r.Reasons = []string{"the gateway does not answer callbacks"}
	}
	answer(w, http.StatusServiceUnavailable, r)
}

// reload takes the configuration over.
func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if s.opts.Reload == nil {
		refuse(w, http.StatusNotFound, "this gateway has no configuration file to reload")
		return
	}
	// A reload waits for plugins to start, far beyond the limits of a read. An
	// expired read deadline would end the request's context as well.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	report, err := s.opts.Reload(r.Context())
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	report.Changed, report.Restart, report.Warnings = list(report.Changed), list(report.Restart), list(report.Warnings)
	answer(w, http.StatusOK, report)
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "no such path: there are "+pathMetrics+", "+pathHealthy+", "+pathReady+
		", "+pathStatus+", "+pathPlugins+" and "+pathRoutes)
}

func notAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := "GET, HEAD"
	if r.URL.Path == pathReload {
		allowed = http.MethodPost
	}
	w.Header().Set("Allow", allowed)
	refuse(w, http.StatusMethodNotAllowed, "this path takes "+allowed)
}

// headers sets what every answer carries: none is to be kept or guessed at.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// refuse answers with an [ErrorBody].
func refuse(w http.ResponseWriter, code int, text string) {
	answer(w, code, ErrorBody{Error: text})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client has hung up: nobody is left to tell
}

// list makes an absent list an empty one, which is kinder to whoever reads JSON.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
