package gateway

import (
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/mux"
)

// door is the handler of the public listener: the gorilla/mux router, asked by
// its Match rather than its ServeHTTP. ServeHTTP copies the request twice to
// store variables and the route in its context, which no handler here reads, and
// redirects unclean paths, which a POST must never be.
type door struct {
	gateway *Gateway
	router  *mux.Router
	matches sync.Pool
	noVars  map[string]string
}

func newDoor(g *Gateway) *door {
	router := mux.NewRouter()
	router.MatcherFunc(pathIs(g.options.CallbackPath)).Methods(http.MethodPost).HandlerFunc(g.serveCallback)
	if g.options.HealthPath != "" {
		router.MatcherFunc(pathIs(g.options.HealthPath)).Methods(http.MethodGet, http.MethodHead).HandlerFunc(g.serveHealth)
	}
	router.MethodNotAllowedHandler = http.HandlerFunc(g.serveOtherMethod)
	router.NotFoundHandler = http.HandlerFunc(g.serveNotFound)
	return &door{
		gateway: g, router: router, noVars: make(map[string]string),
		matches: sync.Pool{New: func() any { return new(mux.RouteMatch) }},
	}
}

// pathIs matches one path exactly. It spares the regular expression of
// mux.Route.Path, and the braces in a path their meaning.
func pathIs(path string) mux.MatcherFunc {
	return func(r *http.Request, _ *mux.RouteMatch) bool { return r.URL.Path == path }
}

// ServeHTTP routes one request.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := d.gateway
	g.metrics.inFlight.Inc()
	defer g.metrics.inFlight.Dec()

	match, _ := d.matches.Get().(*mux.RouteMatch)
	*match = mux.RouteMatch{Vars: d.noVars} // no route has variables, so nobody writes to it
	d.router.Match(r, match)
	handler := match.Handler // there always is one: both fallbacks are set
	d.matches.Put(match)
	handler.ServeHTTP(w, r)
}

func (g *Gateway) serveNotFound(w http.ResponseWriter, r *http.Request) {
	dismiss(w)
	g.reject(w, r, rejectPath)
}

// serveOtherMethod answers a known path with a method it does not have. The
// console's probe may come by any method.
func (g *Gateway) serveOtherMethod(w http.ResponseWriter, r *http.Request) {
	allowed := []string{http.MethodPost}
	if r.URL.Path == g.options.CallbackPath {
		q, ok := readQuery(r.URL.RawQuery)
		if ok && q.probes() && g.probe(w, r, &q) == authOK {
			return
		}
	} else {
		allowed = []string{http.MethodGet, http.MethodHead}
	}
	w.Header()["Allow"] = []string{strings.Join(allowed, ", ")}
	dismiss(w)
	g.reject(w, r, rejectMethod)
}

// serveHealth says whether the gateway takes callbacks.
func (g *Gateway) serveHealth(w http.ResponseWriter, r *http.Request) {
	status, body := http.StatusOK, healthReady
	if !g.options.Ready() {
		status, body = http.StatusServiceUnavailable, healthNotReady
	}
	g.metrics.answered(r.Method, status)
	g.replies.send(w, newPlainReply(status, body))
}

// reject refuses a request with the status of its rejection, and counts it.
func (g *Gateway) reject(w http.ResponseWriter, r *http.Request, why rejection) {
	g.metrics.rejected[why].Inc()
	g.refuse(w, r, why.status())
}

func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, status int) {
	g.metrics.answered(r.Method, status)
	g.replies.refuse(w, status)
}

// forbid answers every failed check of app and Sign alike.
func (g *Gateway) forbid(w http.ResponseWriter, r *http.Request, why authFailure) {
	g.metrics.auth[why].Inc()
	dismiss(w)
	g.refuse(w, r, http.StatusForbidden)
}

// dismiss has the connection closed after the answer. Only who has shown a Sign,
// or comes to an app that needs none, may keep one open: idle connections of
// strangers would take the places of Tencent's.
func dismiss(w http.ResponseWriter) { w.Header()["Connection"] = []string{"close"} }
