package admin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// knownHosts refuses requests that name a host nobody gave this listener. A web
// page can make a browser on this machine ask 127.0.0.1 under a name of the
// page's own (DNS rebinding) and read the answer; the Host header gives it away.
// An IP address in Host is no such name: a browser sends one only to that very
// address. A request without a host is not a browser's.
func (s *Server) knownHosts(next http.Handler) http.Handler {
	known := map[string]bool{"": true, "localhost": true}
	for _, name := range s.opts.Hosts {
		known[canonicalHost(name)] = true
	}
	if host, _, err := net.SplitHostPort(s.opts.Listen); err == nil {
		known[canonicalHost(host)] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := canonicalHost(r.Host)
		if _, err := netip.ParseAddr(host); err != nil && !known[host] && !strings.HasSuffix(host, ".localhost") {
			refuse(w, http.StatusMisdirectedRequest, "this host name is not one of the admin listener's: use its IP address, or list the name under admin.hosts")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// canonicalHost returns the host of a Host header or a setting: without port,
// brackets and closing dot, in lower case.
func canonicalHost(host string) string {
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
