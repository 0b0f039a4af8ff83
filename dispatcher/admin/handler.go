package admin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// bodyLimit caps a request's body; the largest has a path in it.
const bodyLimit = 16 << 10

// Handler returns the reads: what the TCP listener answers. It refuses hosts it
// does not know, and leaves out paths, process ids and what plugins said.
func (s *Server) Handler() http.Handler {
	router := s.reads(redact)
	s.inboxReads(router, true)
	s.traceReads(router, true)
	s.profiles(router, true)
	for _, path := range append(inboxChangePaths(), pathReload, pathAround, pathPluginChange) {
		router.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusForbidden, "changes go through the unix socket: <data_dir>/"+SocketName)
		})
	}
	return headers(s.knownHosts(http.MaxBytesHandler(router, bodyLimit)))
}

// SocketHandler returns everything: what the unix socket answers.
func (s *Server) SocketHandler() http.Handler {
	router := s.reads(nil)
	s.inboxReads(router, false)
	s.traceReads(router, false)
	s.profiles(router, false)
	s.changes(router)
	s.inboxChanges(router)
	return headers(http.MaxBytesHandler(router, bodyLimit))
}

// reads returns a router of every path that changes nothing. What conceal is
// given, it may make smaller before it is sent; nil shows all.
func (s *Server) reads(conceal func(*Status, []Plugin, []Route)) *mux.Router {
	if conceal == nil {
		conceal = func(*Status, []Plugin, []Route) {}
	}
	router := mux.NewRouter().UseEncodedPath() // a plugin's name is whatever somebody typed
	router.NotFoundHandler = http.HandlerFunc(notFound)
	router.MethodNotAllowedHandler = http.HandlerFunc(notAllowed)
	get := func(path string, h http.HandlerFunc) {
		router.HandleFunc(path, h).Methods(http.MethodGet, http.MethodHead)
	}
	get(pathMetrics, s.metrics.ServeHTTP)
	get(pathPluginMetrics, s.pluginMetrics)
	get(pathHealthy, healthy)
	status := func() Status {
		status := s.opts.Status()
		conceal(&status, nil, nil)
		status.Degraded = texts(status.DegradedReasons)
		status.DegradedReasons, status.Apps = list(status.DegradedReasons), list(status.Apps)
		return status
	}
	get(pathReady, func(w http.ResponseWriter, _ *http.Request) { ready(w, status()) })
	get(pathStatus, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, status()) })
	get(pathPlugins, func(w http.ResponseWriter, _ *http.Request) {
		plugins := append([]Plugin{}, s.opts.Plugins()...)
		conceal(nil, plugins, nil)
		for i := range plugins {
			plugins[i].Claims = list(plugins[i].Claims)
		}
		answer(w, http.StatusOK, PluginList{Plugins: plugins})
	})
	get(pathRoutes, func(w http.ResponseWriter, _ *http.Request) {
		routes := append([]Route{}, s.opts.Routes()...)
		conceal(nil, nil, routes)
		for i := range routes {
			routes[i].Handlers = list(routes[i].Handlers)
		}
		answer(w, http.StatusOK, RouteList{Routes: routes})
	})
	for alias, path := range map[string]string{pathLivez: pathHealthy, pathReadyz: pathReady} {
		get(alias, func(w http.ResponseWriter, r *http.Request) {
			renamed := *r
			renamed.URL = &url.URL{Path: path} // what is asked for, such as verbose, is told anyway
			router.ServeHTTP(w, &renamed)
		})
	}
	return router
}

// redact takes away what only the machine's own user needs.
func redact(status *Status, plugins []Plugin, routes []Route) {
	if status != nil {
		status.PID, status.ConfigFile, status.DataDir = 0, "", ""
		status.DegradedReasons = publicOnly(status.DegradedReasons)
	}
	for i := range plugins {
		redactPlugin(&plugins[i])
	}
	for i := range routes {
		if b := routes[i].Bypass; b != nil {
			nameless := *b
			nameless.By = ""
			routes[i].Bypass = &nameless
		}
	}
}

// redactPlugin takes paths, process ids and what the plugin said from p, and nothing
// from the lists that it shares with the gateway.
func redactPlugin(p *Plugin) {
	const elsewhere = "see `switchhook plugin ls` on the gateway's machine"
	p.PID, p.Path, p.Parked, p.Config = 0, "", nil, nil
	p.Replicas = slices.Clone(p.Replicas)
	texts := []*string{&p.Error, &p.Drift}
	for i := range p.Replicas {
		r := &p.Replicas[i]
		r.PID = 0
		texts = append(texts, &r.Error, &r.Ejected)
	}
	for _, text := range texts {
		if *text != "" {
			*text = elsewhere
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
	r := Readiness{State: status.State, Reasons: []string{}, Degraded: status.Degraded, DegradedReasons: status.DegradedReasons}
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

func notFound(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "no such path: there are "+pathMetrics+", "+pathPluginMetrics+", "+pathHealthy+", "+pathReady+
		", "+pathStatus+", "+pathPlugins+", "+pathRoutes+", "+pathTrace+" and "+pathInbox)
}

func notAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := "GET, HEAD"
	changes := append(inboxChangePaths(), pathReload, pathAround)
	if slices.Contains(changes, r.URL.Path) || strings.HasPrefix(r.URL.Path, pathPlugins+"/") {
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
