package doctor_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/doctor"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

const beforeMessage = "C2C.CallbackBeforeSendMsg"

const (
	secret  = "a-Secret-42"
	sentApp = "1400000001"
)

// findings are what an examination found.
type findings []report.Finding

// examine examines an endpoint. However loaded this machine is, its clock stands
// still and the network has a minute.
func examine(ctx context.Context, t *testing.T, o doctor.Options) findings {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	o.Reach = time.Minute
	found := doctor.Examine(ctx, o)
	if told := fmt.Sprintf("%+v", found); strings.Contains(told, secret) || strings.Contains(told, "Sign=") {
		t.Errorf("a secret is told:\n%s", told)
	}
	for _, one := range found {
		if (one.Result == report.OK) != (one.Do == "") {
			t.Errorf("%+v: advice stands with what is wrong, and with nothing else", one)
		}
	}
	return found
}

// checks returns the checks with that result, in their order.
func (f findings) checks(result report.Grade) string {
	var names []string
	for _, one := range f {
		if one.Result == result {
			names = append(names, one.Check)
		}
	}
	return strings.Join(names, ", ")
}

// of returns what was found by a check, a line each.
func (f findings) of(check string) string {
	var text strings.Builder
	for _, one := range f {
		if one.Check == check {
			fmt.Fprintf(&text, "%s: %s\n", one.Result, one.Text)
		}
	}
	return text.String()
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
		"status 201":                     {endpoint{status: 201}, "console probe, callback", local + ", the rest", "callback", "the framework chose another"},
		"a redirect":                     {endpoint{status: 302}, "console probe, callback", local + ", the rest", "callback", "give the console the address"},
		"no such path":                   {endpoint{status: 404}, "console probe, callback", local + ", the rest", "callback", "compare the path"},
		"an error page":                  {endpoint{body: "<html>"}, "console probe, callback", local, "callback", "error page"},
		"the word success":               {endpoint{body: "success"}, "console probe, callback", local, "callback", "not JSON"},
		"a code in quotes":               {endpoint{body: `{"ActionStatus":"OK","ErrorCode":"0","ErrorInfo":""}`}, "console probe, callback", local, "callback", `"ErrorCode":0`},
		"it hangs":                       {endpoint{hangs: true}, "console probe", local + ", the rest", "console probe", "Tencent stops waiting"},
		"it refuses whatever it is sent": {endpoint{takesUnsigned: true, takesAnySign: true, takesAnyTime: true, takesAnyApp: true, status: 403}, "console probe, callback", local + ", the rest", "callback", "verify-sign"},
		"a refusal with 200":             {endpoint{refusal: `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"bad sign"}`}, "", local + ", unsigned, wrong Sign, stale Sign, foreign app", "wrong Sign", "refused in the body with 200"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := doctor.Options{URL: serveEndpoint(t, tt.endpoint), App: sentApp, Token: secret}
			if tt.endpoint.hangs {
				o.Timeout = time.Nanosecond // for replies alone: the network still has its minute
			}
			found := examine(t.Context(), t, o)
			if diff := cmp.Diff([]string{tt.fail, tt.warn}, []string{found.checks(report.Fail), found.checks(report.Warn)}); diff != "" {
				t.Errorf("checks that fail and warn (-want +got):\n%s%+v", diff, found)
			}
			if said := found.advice(tt.check); !strings.Contains(said, tt.says) {
				t.Errorf("%s: %q does not say %q", tt.check, said, tt.says)
			}
		})
	}
}

// advice returns what is said of a check, and what to do about it.
func (f findings) advice(check string) string {
	lines := []string{f.of(check)}
	for _, one := range f {
		if one.Check == check {
			lines = append(lines, one.Do)
		}
	}
	return strings.Join(lines, "\n")
}

// Without a token, and without an app, less can be seen, and that is said.
func TestDoctorSaysWhatItCannotSee(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		endpoint       endpoint
		app, token     string
		ok, warn, fail string
	}{
		"neither":                      {endpoint{}, "", "", "host, port, unsigned, clock", local + ", Sign", ""},
		"no token":                     {endpoint{}, sentApp, "", "host, port, unsigned, clock", local + ", Sign", ""},
		"no token, and none is needed": {endpoint{takesUnsigned: true}, sentApp, "", "host, port, reply, time, keep-alive, clock", local + ", Sign", "unsigned"},
		"no token, and a bad reply":    {endpoint{takesUnsigned: true, body: "ok"}, "", "", "host, port, time, keep-alive, clock", local + ", Sign", "unsigned, reply"},
		"no token, and no such path":   {endpoint{takesUnsigned: true, status: 404}, "", "", "host, port, clock", local + ", Sign", "unsigned"},
		"no app":                       {endpoint{}, "", secret, "host, port, console probe, time, keep-alive, unsigned, wrong Sign, stale Sign, clock", local + ", callback, foreign app", ""},
		"no app, and any Sign":         {endpoint{takesAnySign: true}, "", secret, "host, port, console probe, time, keep-alive, unsigned, stale Sign, clock", local + ", callback, foreign app", "wrong Sign"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := examine(t.Context(), t, doctor.Options{URL: serveEndpoint(t, tt.endpoint), App: tt.app, Token: tt.token})
			if diff := cmp.Diff([]string{tt.ok, tt.warn, tt.fail}, []string{found.checks(report.OK), found.checks(report.Warn), found.checks(report.Fail)}); diff != "" {
				t.Errorf("checks that pass, warn and fail (-want +got):\n%s", diff)
			}
		})
	}
}

// A path that is not the server's is neither open nor guarded.
func TestDoctorSendsToThePathBeforeItAsksForAGuard(t *testing.T) {
	t.Parallel()
	for status, says := range map[int]string{404: "compare the path", 405: "compare the path", 302: "the address that is redirected to", 500: "answer 403"} {
		found := examine(t.Context(), t, doctor.Options{URL: serveEndpoint(t, endpoint{takesUnsigned: true, status: status})})
		if said := found.advice("unsigned"); !strings.Contains(said, says) {
			t.Errorf("%d: %q does not say %q", status, said, says)
		}
	}
}

func TestDoctorPassesTheRealGateway(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		app  gateway.App
		fail string
	}{
		"an app with its token":    {gateway.App{ID: sentApp, Tokens: []string{"old", secret}}, ""},
		"another token":            {gateway.App{ID: sentApp, Tokens: []string{"other"}}, "console probe, callback"},
		"another app":              {gateway.App{ID: "1400000009", Tokens: []string{secret}}, "callback"},
		"an app without any token": {gateway.App{ID: sentApp, Insecure: true}, "console probe, unsigned, wrong Sign, stale Sign"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := gateway.New(gateway.Options{Dispatch: func(context.Context, sdk.Callback) dispatcher.Result { return dispatcher.Result{} }})
			if err != nil {
				t.Fatal(err)
			}
			g.SetApps([]gateway.App{tt.app})
			server := httptest.NewServer(g.Handler())
			t.Cleanup(server.Close)
			for _, command := range []string{"", beforeMessage, "Live.CallbackBeforeCallBackNotBlock"} {
				o := doctor.Options{URL: server.URL + "/", App: sentApp, Token: secret, Command: command}
				if o.Body = []byte("{}"); command == beforeMessage {
					o.Body, _ = samples.Request(command)
				}
				found := examine(t.Context(), t, o)
				if got := found.checks(report.Fail); got != tt.fail {
					t.Errorf("%q: %q failed, want %q: %+v", command, got, tt.fail, found)
				}
				if want := "message would be DELIVERED"; tt.fail == "" && command == beforeMessage && !strings.Contains(found.of("callback"), want) {
					t.Errorf("%q does not say %q", found.of("callback"), want)
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
			found := examine(t.Context(), t, doctor.Options{URL: tt.url})
			if found.checks(report.Fail) != tt.check || !strings.Contains(found.of(tt.check), tt.says) || found.of("address") != "" || tt.check == "scheme" && found.of("port") != "" {
				t.Errorf("%+v; want %s: %s", found, tt.check, tt.says)
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
		found := examine(over, t, doctor.Options{URL: "https://" + host + "/"})
		if !strings.HasPrefix(found.of("address"), want) || found.checks(report.Fail) != "connection" {
			t.Errorf("%s: %+v", host, found)
		}
	}
}

func TestDoctorNamesWhatKeepsItOutside(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel() // so that no server is asked for the name
	found := examine(over, t, doctor.Options{URL: "http://im.example.com/"})
	if found.checks(report.Fail) != "address" || !strings.Contains(found.of("address"), "cannot be looked up") {
		t.Errorf("a name that cannot be looked up: %+v", found)
	}
	if found := examine(t.Context(), t, doctor.Options{URL: "http://" + deaf(t) + "/"}); found.checks(report.Fail) != "connection" {
		t.Errorf("a port where nobody listens: %+v", found)
	}
}

// deaf returns an address that is taken, so that nobody else gets it, and where
// nobody listens.
func deaf(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

// Half of Tencent's patience is a warning, and more than all of it a failure.
func TestDoctorComparesTheTimeWithTencents(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]struct{ time, callback string }{
		time.Second:             {"ok: 1s of Tencent's 2s\n", "ok: "},
		1001 * time.Millisecond: {"warn: 1s of Tencent's 2s, without the way", "ok: "},
		2 * time.Second:         {"warn: 2s of Tencent's 2s, without the way", "ok: "},
		2100 * time.Millisecond: {"fail: 2.1s of Tencent's 2s\n", "fail: the reply took 2.1s"},
	} {
		now := time.Time{}
		found := examine(t.Context(), t, doctor.Options{
			URL: serveEndpoint(t, endpoint{}), App: sentApp, Token: secret,
			Now: func() time.Time { now = now.Add(took); return now }, // between two looks, that much is over
		})
		if !strings.HasPrefix(found.of("time"), want.time) || !strings.HasPrefix(found.of("callback"), want.callback) {
			t.Errorf("%s: %+v", took, found)
		}
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
			found := examine(t.Context(), t, doctor.Options{URL: "https://localhost:" + port + "/", App: sentApp, Token: secret})
			server.Close()
			if found.checks(report.Fail) != "certificate" || !strings.Contains(found.advice("certificate"), tt.says) {
				t.Errorf("%+v; want %q", found, tt.says)
			}
			if signed || !strings.Contains(found.of("unsigned"), "ok: refused with 403") {
				t.Errorf("behind a bad certificate, signed is %v: %+v", signed, found)
			}
		})
	}
	plain := serveEndpoint(t, endpoint{})
	if found := examine(t.Context(), t, doctor.Options{URL: strings.Replace(plain, "http:", "https:", 1)}); !strings.Contains(found.of("certificate"), "no TLS connection") {
		t.Errorf("no TLS at all: %+v", found)
	}
}
