package admin

import (
	"net"
	"net/http"
	"net/http/pprof" // what it registers with the default mux nobody serves
	"strconv"
	"time"

	"github.com/gorilla/mux"
)

// profileMost bounds how long a profile or an execution trace is recorded. The pprof
// handlers give themselves that much more time to answer than other paths have.
const profileMost = 60 * time.Second

// profiles adds the runtime's profiles, where they are switched on. Over TCP they are
// told to this machine alone, whatever address the listener has: they show how the
// program works, and recording one costs it something.
func (s *Server) profiles(router *mux.Router, public bool) {
	if !s.opts.Pprof {
		return
	}
	get := func(path string, h http.HandlerFunc) {
		router.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case public && !fromHere(r):
				refuse(w, http.StatusForbidden, "profiles are told to the gateway's machine alone: ask there, or forward a port through ssh")
			case !briefEnough(r):
				refuse(w, http.StatusBadRequest, "seconds has to be a number up to "+strconv.Itoa(int(profileMost.Seconds())))
			default:
				h(w, r)
			}
		}).Methods(http.MethodGet, http.MethodHead)
	}
	get(pathPprof+"profile", pprof.Profile)
	get(pathPprof+"trace", pprof.Trace)
	get(pathPprof+"symbol", pprof.Symbol)
	get(pathPprof+"cmdline", notFound) // it has paths
	get(pathPprof+"{profile}", pprof.Index)
	get(pathPprof, pprof.Index)
}

// fromHere reports whether a request came over the loopback interface.
func fromHere(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	tcp, ok := local.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// briefEnough reports whether the recording that a request asks for is bounded.
func briefEnough(r *http.Request) bool {
	text := r.URL.Query().Get("seconds")
	if text == "" {
		return true // the handlers' own: 30 s at most
	}
	seconds, err := strconv.ParseFloat(text, 64)
	return err == nil && seconds >= 0 && seconds <= profileMost.Seconds()
}
