package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
)

// expiresSoon is when a certificate is worth a warning: an authority that renews
// by itself does so earlier.
const expiresSoon = 14 * 24 * time.Hour

// lookUp resolves the host, and looks whether Tencent can reach what it finds.
func (d *examination) lookUp(ctx context.Context) report.Finding {
	ctx, cancel := context.WithTimeout(ctx, d.reach)
	defer cancel()
	host := d.url.Hostname()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return report.Broken("address", fmt.Sprintf("%s cannot be looked up: %v", host, err), "publish the name in the public DNS; a new name needs a while")
	}
	var public, private, words []string
	four := false
	for _, address := range addresses {
		address = address.Unmap()
		words = append(words, address.String())
		four = four || address.Is4()
		if reachable(address) {
			public = append(public, address.String())
		} else {
			private = append(private, address.String())
		}
	}
	switch {
	case len(private) > 0:
		return report.Doubtful("address", strings.Join(private, ", ")+" cannot be reached from the Internet", "Tencent needs a public address: open one, or use a tunnel for a try")
	case !four:
		return report.Doubtful("address", strings.Join(public, ", ")+": no IPv4 address, and no page says that Tencent calls IPv6", "publish an IPv4 address too")
	default:
		return report.Fine("address", strings.Join(words, ", "))
	}
}

// reachable reports whether an address can be one of the public Internet.
func reachable(address netip.Addr) bool {
	shared := netip.MustParsePrefix("100.64.0.0/10") // of providers, RFC 6598
	return address.IsGlobalUnicast() && !address.IsPrivate() && !shared.Contains(address)
}

// connect opens one connection, and looks at the certificate where there is one.
// Trusted is true where signed requests may be sent.
func (d *examination) connect(ctx context.Context) (connected, trusted bool) {
	ctx, cancel := context.WithTimeout(ctx, d.reach)
	defer cancel()
	const open = "start the server, open the firewall, and see that the port is the right one"
	address := net.JoinHostPort(d.url.Hostname(), portOf(d.url))
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return d.note(report.Broken("connection", err.Error(), open)), false
	}
	defer func() { _ = conn.Close() }() // nothing was written that could be lost
	if d.url.Scheme != "https" {
		return true, true
	}
	client := tls.Client(conn, &tls.Config{
		ServerName:         d.url.Hostname(),
		InsecureSkipVerify: true, //nolint:gosec // The certificate is verified below, so that what is wrong can be named; nothing is sent over this connection.
	})
	if err := client.HandshakeContext(ctx); err != nil {
		return d.note(report.Broken("certificate", "no TLS connection: "+err.Error(), "serve TLS 1.2 or 1.3 on this port")), false
	}
	state := client.ConnectionState()
	return true, d.note(checkCertificate(state, d.url.Hostname(), time.Now()))
}

// checkCertificate verifies what the server showed, as Tencent would.
func checkCertificate(state tls.ConnectionState, host string, now time.Time) report.Finding {
	chain := state.PeerCertificates
	leaf := chain[0] // a server without a certificate has failed the handshake
	day := leaf.NotAfter.UTC().Format(time.DateOnly)
	if now.After(leaf.NotAfter) {
		return report.Broken("certificate", "it expired on "+day, "renew it, and have it renewed by itself")
	}
	if now.Before(leaf.NotBefore) {
		return report.Broken("certificate", "it holds from "+leaf.NotBefore.UTC().Format(time.RFC3339)+" on", "set the clocks, or wait")
	}
	if leaf.VerifyHostname(host) != nil {
		return report.Broken("certificate", fmt.Sprintf("it is not for %s, but for %s", host, namesOf(leaf)), "get one for this name")
	}
	between := x509.NewCertPool()
	for _, issuer := range chain[1:] {
		between.AddCert(issuer)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: now}); err != nil {
		return report.Broken("certificate", "it is not trusted: "+err.Error(), distrust(err, chain))
	}
	text := fmt.Sprintf("for %s by %s until %s, %s", namesOf(leaf), report.Visible(leaf.Issuer.CommonName), day, tls.VersionName(state.Version))
	if leaf.NotAfter.Sub(now) < expiresSoon {
		return report.Doubtful("certificate", text+": that is soon", "renew it, and have it renewed by itself")
	}
	return report.Fine("certificate", text)
}

// distrust says what to do about a certificate that nobody vouches for.
func distrust(err error, chain []*x509.Certificate) string {
	leaf := chain[0]
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case unknown && leaf.Issuer.String() == leaf.Subject.String():
		return "it signed itself: get one of a public authority"
	case unknown && len(chain) == 1:
		return "get one of a public authority, and serve the certificates between it and yours too: none is sent"
	default:
		return "get one of a public authority, and serve it with the whole chain"
	}
}

func namesOf(leaf *x509.Certificate) string {
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "nobody"
	}
	for i := range names {
		names[i] = report.Visible(names[i])
	}
	return report.Clip(strings.Join(names, ", "))
}
