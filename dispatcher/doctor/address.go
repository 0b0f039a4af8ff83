package doctor

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/report"
)

// longestHost is the longest domain that the console takes (1047/34520).
const longestHost = 63

// checkAddress looks at a URL as Tencent's console does (1047/34520).
func checkAddress(text string, u *url.URL) []report.Finding {
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, " !$&"); i >= 0 {
		return []report.Finding{report.Broken("URL", fmt.Sprintf("it has %q, which the console refuses", rest[i]), "leave out spaces and ! $ & ?")}
	}
	switch {
	case u == nil || u.Host == "":
		return []report.Finding{report.Broken("URL", strconv.Quote(text)+" cannot be read", "write https://HOST/PATH")}
	case u.User != nil:
		return []report.Finding{report.Broken("URL", "it has a user before the host, which Tencent does not send", "leave it out; the Sign is what proves the sender")}
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return []report.Finding{report.Broken("URL", "it has a query or a fragment", "leave it out: the query is Tencent's own")}
	}
	found := []report.Finding{checkScheme(u.Scheme), checkHost(u.Hostname())}
	if u.Scheme != "http" && u.Scheme != "https" {
		return found // its usual port is nobody's business here
	}
	return append(found, checkPort(u))
}

func checkScheme(scheme string) report.Finding {
	switch scheme {
	case "https":
		return report.Fine("scheme", "https")
	case "http":
		return report.Doubtful("scheme", "http: whoever is on the way reads every body, and can forge callbacks for as long as a Sign holds", "use https, with a certificate of a public authority")
	default:
		return report.Broken("scheme", strconv.Quote(scheme)+" is neither https nor http", "use https")
	}
}

// checkHost looks at the characters, and at how long the host is.
func checkHost(host string) report.Finding {
	const rule = "use letters, digits and single hyphens, dots between them, and at most 63 characters"
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is4() {
			return report.Fine("host", host+" is an IP address, which the console takes")
		}
		return report.Doubtful("host", host+" is an IPv6 address; the console documents letters, digits and hyphens alone", "use a name, or an IPv4 address")
	}
	if strings.Contains(host, "_") {
		return report.Broken("host", host+" has an underscore, which the console refuses", "rename it: a hyphen does the same")
	}
	if len(host) > longestHost {
		return report.Broken("host", fmt.Sprintf("it has %d characters, and the console takes %d", len(host), longestHost), "use a shorter name")
	}
	for label := range strings.SplitSeq(host, ".") {
		switch {
		case label == "":
			return report.Broken("host", report.Visible(host)+" has an empty part: two dots in a row, or one at the end", rule)
		case strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || strings.Contains(label, "--"):
			return report.Broken("host", report.Visible(host)+" has a hyphen first, last or twice in a row", rule)
		case strings.ContainsFunc(label, func(r rune) bool { return !nameLetter(r) }):
			return report.Broken("host", strconv.QuoteToASCII(host)+" has a character that the console refuses", rule)
		}
	}
	return report.Fine("host", host)
}

func nameLetter(r rune) bool {
	return r == '-' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
}

func checkPort(u *url.URL) report.Finding {
	port := u.Port()
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return report.Fine("port", portOf(u))
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return report.Broken("port", port+" is no port", "use one from 1 to 65535, or leave it out")
	}
	return report.Fine("port", port+"; when you change it, the new URL must not be the old one with digits added, as :4433 for :443")
}

// portOf is the port that u leads to.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
