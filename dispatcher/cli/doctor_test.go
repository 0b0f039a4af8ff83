package cli_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/cli"
	front "github.com/switchhook/switchhook/dispatcher/gateway"
)

// doctor runs doctor on a URL. It never shows the token, nor a Sign.
func doctor(ctx context.Context, t *testing.T, target string, args ...string) (code int, report findings) {
	t.Helper()
	var out, complaints bytes.Buffer
	line := append([]string{"doctor", target, "--output", "json"}, args...)
	code = cli.Program{}.Execute(ctx, line, nil, &out, &complaints)
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out.String(), complaints.String())
	}
	if printed := out.String() + complaints.String(); strings.Contains(printed, secret) || strings.Contains(printed, "Sign=") {
		t.Errorf("a secret is printed:\n%s", printed)
	}
	for _, one := range report.Findings {
		if (one.Result == "ok") != (one.Do == "") {
			t.Errorf("%+v: advice stands with what is wrong, and with nothing else", one)
		}
	}
	return code, report
}

// withToken are the flags of somebody who knows the app.
func withToken(t *testing.T) []string {
	t.Helper()
	return []string{"--app", sentApp, "--token-file", write(t, "token", secret)}
}

// checks returns the checks with that result, in their order.
func (f findings) checks(result string) string {
	var names []string
	for _, one := range f.Findings {
		if one.Result == result {
			names = append(names, one.Check)
		}
	}
	return strings.Join(names, ", ")
}

// local are the warnings that every endpoint on this machine gets.
const local = "scheme, address"

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		endpoint    endpoint
		fail, warn  string // the checks that do
		check, says string // what one of them says, advice included
	}{
		"nothing":                        {endpoint{}, "", local, "callback", "answered with 200"},
		"unsigned requests are taken":    {endpoint{takesUnsigned: true}, "unsigned", local, "unsigned", "its Sign is missing: anybody"},
		"any Sign is taken":              {endpoint{takesAnySign: true}, "wrong Sign", local, "wrong Sign", "of another token"},
		"an old Sign is taken":           {endpoint{takesAnyTime: true}, "stale Sign", local, "stale Sign", "2h0m0s old"},
		"any app is taken":               {endpoint{takesAnyApp: true}, "foreign app", local, "foreign app", "is nobody's"},
		"the probe is refused":           {endpoint{wantsCommand: true}, "console probe", local, "console probe", "do not ask it for app or command"},
		"connections are closed":         {endpoint{hangsUp: true}, "", local + ", keep-alive", "keep-alive", "every callback pays"},
		"a clock that is slow":           {endpoint{date: "Mon, 02 Jan 2006 15:04:05 GMT"}, "", local + ", clock", "clock", "behind this machine's"},
		"a clock that is fast":           {endpoint{date: "Fri, 02 Jan 2105 15:04:05 GMT"}, "", local + ", clock", "clock", "ahead of this machine's"},
		"a clock that says nothing":      {endpoint{date: "now"}, "", local, "callback", "answered with 200"},
		"status 201":                     {endpoint{status: 201}, "console probe, callback", local, "callback", "the framework chose another"},
		"a redirect":                     {endpoint{status: 302}, "console probe, callback", local, "callback", "give the console the address"},
		"no such path":                   {endpoint{status: 404}, "console probe, callback", local, "callback", "compare the path"},
		"an error page":                  {endpoint{body: "<html>"}, "console probe, callback", local, "callback", "error page"},
		"the word success":               {endpoint{body: "success"}, "console probe, callback", local, "callback", "not JSON"},
		"a code in quotes":               {endpoint{body: `{"ActionStatus":"OK","ErrorCode":"0","ErrorInfo":""}`}, "console probe, callback", local, "callback", `"ErrorCode":0`},
		"it hangs":                       {endpoint{hangs: true}, "console probe", local, "console probe", "Tencent stops waiting"},
		"it refuses whatever it is sent": {endpoint{takesUnsigned: true, takesAnySign: true, takesAnyTime: true, takesAnyApp: true, status: 403}, "console probe, callback", local, "callback", "verify-sign"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := withToken(t)
			if tt.endpoint.hangs {
				args = append(args, "--timeout", "50ms")
			}
			code, report := doctor(t.Context(), t, serveEndpoint(t, tt.endpoint), args...)
			if diff := cmp.Diff([]string{tt.fail, tt.warn}, []string{report.checks("fail"), report.checks("warn")}); diff != "" {
				t.Errorf("checks that fail and warn (-want +got):\n%s%+v", diff, report)
			}
			if (code == cli.ExitOK) != (tt.fail == "") || report.OK != (tt.fail == "") {
				t.Errorf("exit code %d, %+v", code, report)
			}
			if said := report.advice(tt.check); !strings.Contains(said, tt.says) {
				t.Errorf("%s: %q does not say %q", tt.check, said, tt.says)
			}
		})
	}
}

// advice returns what is said of a check, and what to do about it.
func (f findings) advice(check string) string {
	lines := []string{f.of(check)}
	for _, one := range f.Findings {
		if one.Check == check {
			lines = append(lines, one.Do)
		}
	}
	return strings.Join(lines, "\n")
}

// Without a token, and without an app, less can be seen, and that is said.
func TestDoctorSaysWhatItCannotSee(t *testing.T) {
	t.Parallel()
	token := write(t, "token", secret)
	tests := map[string]struct {
		endpoint       endpoint
		args           []string
		ok, warn, fail string
	}{
		"neither":                      {endpoint{}, nil, "host, port, unsigned, clock", local + ", Sign", ""},
		"no token":                     {endpoint{}, []string{"--app", sentApp}, "host, port, unsigned, clock", local + ", Sign", ""},
		"no token, and none is needed": {endpoint{takesUnsigned: true}, []string{"--app", sentApp}, "host, port, reply, time, keep-alive, clock", local + ", Sign", "unsigned"},
		"no token, and a bad reply":    {endpoint{takesUnsigned: true, body: "ok"}, nil, "host, port, time, keep-alive, clock", local + ", Sign", "unsigned, reply"},
		"no app":                       {endpoint{}, []string{"--token-file", token}, "host, port, console probe, time, keep-alive, unsigned, wrong Sign, stale Sign, clock", local + ", callback, foreign app", ""},
		"no app, and any Sign":         {endpoint{takesAnySign: true}, []string{"--token-file", token}, "host, port, console probe, time, keep-alive, unsigned, stale Sign, clock", local + ", callback, foreign app", "wrong Sign"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report := doctor(t.Context(), t, serveEndpoint(t, tt.endpoint), tt.args...)
			if diff := cmp.Diff([]string{tt.ok, tt.warn, tt.fail}, []string{report.checks("ok"), report.checks("warn"), report.checks("fail")}); diff != "" {
				t.Errorf("checks that pass, warn and fail (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDoctorPassesTheRealGateway(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		app  front.App
		fail string
	}{
		"an app with its token":    {front.App{ID: sentApp, Tokens: []string{"old", secret}}, ""},
		"another token":            {front.App{ID: sentApp, Tokens: []string{"other"}}, "console probe, callback"},
		"another app":              {front.App{ID: "1400000009", Tokens: []string{secret}}, "callback"},
		"an app without any token": {front.App{ID: sentApp, Insecure: true}, "console probe, unsigned, wrong Sign, stale Sign"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, stop, err := serveGateway(tt.app, front.TLS{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
			for _, command := range [][]string{nil, {"--command", beforeMessage}, {"--command", "Live.CallbackBeforeCallBackNotBlock"}} {
				_, report := doctor(t.Context(), t, "http://127.0.0.1:"+port+"/", append(withToken(t), command...)...)
				if got := report.checks("fail"); got != tt.fail {
					t.Errorf("%v: %q failed, want %q: %+v", command, got, tt.fail, report)
				}
				if want := "message would be DELIVERED"; tt.fail == "" && len(command) > 0 && command[1] == beforeMessage && !strings.Contains(report.of("callback"), want) {
					t.Errorf("%q does not say %q", report.of("callback"), want)
				}
			}
		})
	}
}

// The console would not take these, so nothing is asked of them.
func TestDoctorReadsURLsAsTheConsoleDoes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, check, says string }{
		"an underscore":            {"https://im_callback.example.com/", "host", "underscore"},
		"a space":                  {"https://example.com/a b", "URL", "' '"},
		"a dollar":                 {"https://example.com/$a", "URL", "'$'"},
		"a query":                  {"https://example.com/?a=b", "URL", "query or a fragment"},
		"an empty query":           {"https://example.com/?", "URL", "query or a fragment"},
		"a fragment":               {"https://example.com/#a", "URL", "query or a fragment"},
		"a user":                   {"https://me@example.com/", "URL", "user before the host"},
		"no host":                  {"https:///im", "URL", "cannot be read"},
		"a host that is broken":    {"https://[::1/", "URL", "cannot be read"},
		"another scheme":           {"ftp://example.com/", "scheme", `"ftp"`},
		"a hyphen first":           {"https://-a.example.com/", "host", "hyphen first"},
		"a hyphen last":            {"https://a-.example.com/", "host", "hyphen first"},
		"two hyphens":              {"https://a--b.example.com/", "host", "hyphen first"},
		"two dots":                 {"https://a..example.com/", "host", "empty part"},
		"a dot at the end":         {"https://example.com./", "host", "empty part"},
		"a letter of another kind": {"https://b\u00fccher.example/", "host", `"b\u00fccher.example"`},
		"a long host":              {"https://" + strings.Repeat("a.", 32) + "example/", "host", "71 characters"},
		"port 0":                   {"https://example.com:0/", "port", "0 is no port"},
		"port 70000":               {"https://example.com:70000/", "port", "70000 is no port"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, report := doctor(t.Context(), t, tt.url)
			if code != cli.ExitFailed || report.checks("fail") != tt.check || !strings.Contains(report.of(tt.check), tt.says) || report.of("address") != "" {
				t.Errorf("exit code %d, %+v; want %s: %s", code, report, tt.check, tt.says)
			}
		})
	}
}

func TestDoctorTellsPublicAddressesFromOthers(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel() // so that nothing is sent to any of them
	for host, want := range map[string]string{
		"203.0.113.7":   "ok: 203.0.113.7\n",
		"10.0.0.7":      "warn: 10.0.0.7 cannot be reached",
		"172.16.0.1":    "warn: ",
		"192.168.1.1":   "warn: ",
		"100.64.1.1":    "warn: ",
		"169.254.1.1":   "warn: ",
		"127.0.0.1":     "warn: ",
		"0.0.0.0":       "warn: ",
		"[fd00::1]":     "warn: fd00::1 cannot be reached",
		"[2001:db8::1]": "warn: 2001:db8::1: no IPv4 address",
	} {
		_, report := doctor(over, t, "https://"+host+"/")
		if !strings.HasPrefix(report.of("address"), want) || report.checks("fail") != "connection" {
			t.Errorf("%s: %+v", host, report)
		}
	}
}

func TestDoctorNamesWhatKeepsItOutside(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel() // so that no server is asked for the name
	if _, report := doctor(over, t, "http://im.example.com/"); report.checks("fail") != "address" || !strings.Contains(report.of("address"), "cannot be looked up") {
		t.Errorf("a name that cannot be looked up: %+v", report)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, report := doctor(t.Context(), t, "http://"+listener.Addr().String()); report.checks("fail") != "connection" {
		t.Errorf("a port where nobody listens: %+v", report)
	}
}

func TestDoctorReadsCertificates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	const day = 24 * time.Hour
	of := func(begins, ends time.Duration, names ...string) x509.Certificate {
		return x509.Certificate{DNSNames: names, NotBefore: now.Add(begins), NotAfter: now.Add(ends)}
	}
	address := of(-day, day)
	address.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)}
	tests := map[string]struct {
		template  x509.Certificate
		authority bool
		says      string
	}{
		"expired":                 {of(-9*day, -2*day, "localhost"), false, "it expired on " + now.Add(-2*day).UTC().Format(time.DateOnly)},
		"of the future":           {of(day, 2*day, "localhost"), false, "it holds from "},
		"of another host":         {of(-day, day, "shop.example.com"), false, "it is not for localhost, but for shop.example.com"},
		"of no host":              {of(-day, day), false, "but for nobody"},
		"of an IP address":        {address, false, "but for 192.0.2.1"},
		"signed by itself":        {of(-day, day, "localhost"), false, "it signed itself"},
		"of an unknown authority": {of(-day, day, "localhost"), true, "serve the certificates between it and yours too"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair, err := certificate(tt.template, tt.authority)
			if err != nil {
				t.Fatal(err)
			}
			var signed bool
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				signed = signed || r.URL.Query().Has("Sign")
				w.WriteHeader(http.StatusForbidden)
			}))
			server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.StartTLS()
			_, port, err := net.SplitHostPort(server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			code, report := doctor(t.Context(), t, "https://localhost:"+port+"/", withToken(t)...)
			server.Close()
			if code != cli.ExitFailed || report.checks("fail") != "certificate" || !strings.Contains(report.advice("certificate"), tt.says) {
				t.Errorf("exit code %d, %+v; want %q", code, report, tt.says)
			}
			if signed || !strings.Contains(report.of("unsigned"), "ok: refused with 403") {
				t.Errorf("behind a bad certificate, signed is %v: %+v", signed, report)
			}
		})
	}
	plain := serveEndpoint(t, endpoint{})
	if _, report := doctor(t.Context(), t, strings.Replace(plain, "http:", "https:", 1)); !strings.Contains(report.of("certificate"), "no TLS connection") {
		t.Errorf("no TLS at all: %+v", report)
	}
}
