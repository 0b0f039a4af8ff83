package sender

import (
	"crypto/tls"
	"net/http"
)

// NewClient returns a client that behaves like Tencent's: it keeps up to so many
// connections, follows no redirect and asks for no compression. Unverified takes
// a certificate as it is: for an address that the gateway's own socket told, and
// where nothing secret is sent.
func NewClient(connections int, unverified bool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			MaxIdleConns:        connections,
			MaxIdleConnsPerHost: connections,
			MaxConnsPerHost:     connections,
			DisableCompression:  true,
			TLSClientConfig: &tls.Config{
				InsecureSkipVerify: unverified, //nolint:gosec // The callers say where: the gateway's own address on this machine, told by its own 0600 socket, whose certificate names the public host; doctor, which has named the flaw and signs nothing then.
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
