package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

const smallBody = 1 << 10 // MaxBody in these tests

// unknownLength hides a reader's length, so that the client sends chunks.
type unknownLength struct{ io.Reader }

func TestUnreadableBodies(t *testing.T) {
	t.Parallel()
	gzip := http.Header{"Content-Encoding": {"gzip"}}
	pad := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	nest := func(n int) string { return strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1) }
	for name, tc := range map[string]struct {
		body   io.Reader
		header http.Header
		status int // of an after-command; 200 means that it is let in
		reason string
	}{
		"one byte too large":              {strings.NewReader(pad(smallBody + 1)), nil, 413, "body_too_large"},
		"one byte too large, in chunks":   {unknownLength{strings.NewReader(pad(smallBody + 1))}, nil, 413, "body_too_large"},
		"far too large":                   {strings.NewReader(pad(2 << 20)), nil, 413, "body_too_large"},
		"far too large, in chunks":        {unknownLength{strings.NewReader(pad(2 << 20))}, nil, 413, "body_too_large"},
		"just small enough":               {strings.NewReader(pad(smallBody)), nil, 200, ""},
		"just small enough, in chunks":    {unknownLength{strings.NewReader(pad(smallBody))}, nil, 200, ""},
		"compressed":                      {strings.NewReader("{}"), gzip, 415, "content_encoding"},
		"empty":                           {strings.NewReader(""), nil, 400, "bad_json"},
		"empty, in chunks":                {unknownLength{strings.NewReader("")}, nil, 400, "bad_json"},
		"not JSON":                        {strings.NewReader("hello"), nil, 400, "bad_json"},
		"half an object":                  {strings.NewReader(`{"a":1`), nil, 400, "bad_json"},
		"a trailing comma":                {strings.NewReader(`{"a":1,}`), nil, 400, "bad_json"},
		"an array":                        {strings.NewReader(`[{}]`), nil, 400, "bad_json"},
		"null":                            {strings.NewReader(`null`), nil, 400, "bad_json"},
		"two objects":                     {strings.NewReader(`{}{}`), nil, 400, "bad_json"},
		"an object and rubbish":           {strings.NewReader(`{} x`), nil, 400, "bad_json"},
		"64 deep":                         {strings.NewReader(nest(64)), nil, 200, ""},
		"65 deep":                         {strings.NewReader(nest(65)), nil, 400, "too_deep"},
		"65 deep in arrays":               {strings.NewReader(`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}"), nil, 400, "too_deep"},
		"the command key twice":           {strings.NewReader(`{"CallbackCommand":"a","CallbackCommand":"a"}`), nil, 400, "duplicate_command"},
		"the command key twice, escaped":  {strings.NewReader(`{"CallbackCommand":"a","Callback\u0043ommand":"b"}`), nil, 400, "duplicate_command"},
		"the command key twice, by case":  {strings.NewReader(`{"CallbackCommand":"a","callbackcommand":"b"}`), nil, 400, "duplicate_command"},
		"another key twice":               {strings.NewReader(`{"a":1,"a":2}`), nil, 200, ""},
		"the command key once in each":    {strings.NewReader(`{"a":{"CallbackCommand":"x"},"b":{"CallbackCommand":"y"}}`), nil, 200, ""},
		"broken UTF-8":                    {strings.NewReader("{\"a\":\"\xff\xfe\"}"), nil, 200, ""},
		"half a surrogate pair":           {strings.NewReader(`{"a":"\ud800"}`), nil, 200, ""},
		"a number as the command":         {strings.NewReader(`{"CallbackCommand":1}`), nil, 200, ""},
		"white space around":              {strings.NewReader("\n {} \n"), nil, 200, ""},
		"a content type nobody asked for": {strings.NewReader("{}"), http.Header{"Content-Type": {"multipart/form-data"}}, 200, ""},
		"an empty content encoding":       {strings.NewReader("{}"), http.Header{"Content-Encoding": {""}}, 200, ""},
		"a content encoding given twice":  {strings.NewReader("{}"), http.Header{"Content-Encoding": {"", "gzip"}}, 415, "content_encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := io.ReadAll(tc.body)
			if err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{beforeCommand, afterCommand} {
				r := start(t, func(o *gateway.Options) { o.MaxBody = smallBody })
				var reader io.Reader = strings.NewReader(string(body))
				if _, chunked := tc.body.(unknownLength); chunked {
					reader = unknownLength{reader}
				}
				got := r.send(http.MethodPost, "/?"+signedQuery(command), reader, tc.header)
				r.checkUnreadable(command, got, tc.status, tc.reason)
			}
		})
	}
}

// checkUnreadable checks an answer against the row of the bad-input table.
func (r *rig) checkUnreadable(command string, got answer, status int, reason string) {
	r.t.Helper()
	if status == http.StatusOK {
		reason = ""
	}
	r.checkLine(command, reason)
	switch {
	case status == http.StatusOK:
		if got.status != http.StatusOK || got.body != okBody || len(r.callbacks()) != 1 {
			r.t.Errorf("%s: answered %d %s, %d reached the core", command, got.status, got.body, len(r.callbacks()))
		}
		return
	case command == beforeCommand:
		if got.status != http.StatusOK || got.body != policyBody {
			r.t.Errorf("%s: answered %d %s, not by policy", command, got.status, got.body)
		}
	default:
		want := fmt.Sprintf(`{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":%q}`, http.StatusText(status))
		if got.status != status || got.body != want {
			r.t.Errorf("%s: answered %d %s, want %d %s", command, got.status, got.body, status, want)
		}
	}
	r.wants(1, "switchhook_requests_rejected_total", "reason="+reason)
	if n := len(r.callbacks()); n != 0 {
		r.t.Errorf("%s: %d callbacks reached the core", command, n)
	}
	r.eventually("the body's memory is given back", func() bool { return r.metric("switchhook_http_body_in_flight_bytes") == 0 })
}

// checkLine checks that a callback that was declined for a reason has its one line, and
// one that was not has none.
func (r *rig) checkLine(command, reason string) {
	r.t.Helper()
	lines := strings.Count(r.logs.String(), `"msg":"callback not handled"`)
	if reason == "" && lines != 0 || reason != "" && lines != 1 {
		r.t.Errorf("%s, %s: %d lines: %s", command, reason, lines, r.logs)
	}
	for _, part := range []string{`"id":"0`, `"app":"` + signedApp, `"command":"` + command, `"plugin":`, `"attempt":1`, `"outcome":"`, `"reason":"` + reason} {
		if reason != "" && !strings.Contains(r.logs.String(), part) {
			r.t.Errorf("the line does not say %s: %s", part, r.logs)
		}
	}
}

func TestBodiesThatDoNotArrive(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		request string // after the request line
		hangUp  bool
		status  int
		reason  string
	}{
		"stops half-way":                         {"Content-Length: 100\r\n\r\n{\"a\":", false, 400, "body_timeout"},
		"stops half-way, in chunks":              {"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":", false, 400, "body_timeout"},
		"never begins":                           {"Content-Length: 100\r\n\r\n", false, 400, "body_timeout"},
		"never begins and is announced as huge":  {"Content-Length: 99999999\r\n\r\n", false, 413, "body_too_large"},
		"never begins and is announced as gzip":  {"Content-Encoding: gzip\r\nContent-Length: 100\r\n\r\n", false, 415, "content_encoding"},
		"is cut short":                           {"Content-Length: 100\r\n\r\n{\"a\":", true, 400, "body_incomplete"},
		"is cut short, in chunks":                {"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":", true, 400, "body_incomplete"},
		"has a chunk of nonsense":                {"Transfer-Encoding: chunked\r\n\r\nzz\r\n", false, 400, "body_incomplete"},
		"is announced as huge and waits for 100": {"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", false, 413, "body_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{beforeCommand, afterCommand} {
				r := start(t, func(o *gateway.Options) { o.BodyTimeout = 50 * time.Millisecond })
				conn := r.dial()
				head := "POST /?" + signedQuery(command) + " HTTP/1.1\r\nHost: gateway\r\n"
				if _, err := io.WriteString(conn, head+tc.request); err != nil {
					t.Fatal(err)
				}
				if tc.hangUp {
					halfClose(t, conn)
				}
				got := readAnswer(t, bufio.NewReader(conn))
				r.checkUnreadable(command, got, tc.status, tc.reason)
			}
		})
	}
}

func halfClose(t *testing.T, conn io.Writer) {
	t.Helper()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("cannot close one side")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

func readAnswer(t *testing.T, reader *bufio.Reader) answer {
	t.Helper()
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(body)}
}

func TestConnectionOutlivesAnUnwantedBody(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20) // more than net/http reads away by itself
	for name, tc := range map[string]struct {
		body   func() io.Reader
		header http.Header
	}{
		"too large":           {func() io.Reader { return strings.NewReader(large) }, nil},
		"too large in chunks": {func() io.Reader { return unknownLength{strings.NewReader(large)} }, nil},
		"compressed":          {func() io.Reader { return strings.NewReader(large) }, http.Header{"Content-Encoding": {"gzip"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *gateway.Options) { o.MaxBody = smallBody; o.BodyTimeout = time.Minute })
			if got := r.send(http.MethodPost, "/?"+signedQuery(afterCommand), tc.body(), tc.header); got.status < 400 {
				t.Errorf("answered %d", got.status)
			}
			var reused bool
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
			})
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.addr+"/?"+signedQuery(afterCommand), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if got := r.do(req); got.status != http.StatusOK || !reused {
				t.Errorf("answered %d, connection reused: %v", got.status, reused)
			}
		})
	}
}

func TestBodyThatArrivesInPieces(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	body := strings.Replace(afterBody, "}]", "}"+strings.Repeat(`,{"From_Account":"id","To_Account":"id2"}`, 500)+"]", 1)
	reader, writer := io.Pipe()
	go func() {
		for _, piece := range strings.SplitAfter(body, "},") {
			_, _ = io.WriteString(writer, piece)
		}
		_ = writer.Close()
	}()
	got := r.send(http.MethodPost, "/?"+signedQuery(afterCommand), reader, nil)
	if seen := r.callbacks(); got.status != http.StatusOK || len(seen) != 1 || string(seen[0].Body) != body {
		t.Errorf("answered %d, the core got %v", got.status, seen)
	}
	r.eventually("the body's memory is given back", func() bool { return r.metric("switchhook_http_body_in_flight_bytes") == 0 })
}

func TestBodyBudget(t *testing.T) {
	t.Parallel()
	for name, hide := range map[string]func(io.Reader) io.Reader{
		"of known length": func(r io.Reader) io.Reader { return r },
		"in chunks":       func(r io.Reader) io.Reader { return unknownLength{r} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered, leave := make(chan struct{}), make(chan struct{})
			r := start(t, func(o *gateway.Options) {
				o.MaxBody, o.MaxInFlightBytes = smallBody, smallBody+1
				o.Dispatch = blockUntil(entered, leave)
			})
			first := make(chan answer)
			go func() {
				first <- r.send(http.MethodPost, "/?"+signedQuery(afterCommand), hide(strings.NewReader(`{"a":"`+strings.Repeat("x", smallBody-8)+`"}`)), nil)
			}()
			<-entered
			if got := r.send(http.MethodPost, "/?"+signedQuery(afterCommand), hide(strings.NewReader(afterBody)), nil); got.status != http.StatusServiceUnavailable {
				t.Errorf("an event got %d while there was no room", got.status)
			}
			if got := r.send(http.MethodPost, "/?"+signedQuery(beforeCommand), hide(strings.NewReader(afterBody)), nil); got.body != policyBody {
				t.Errorf("a decision got %d %s while there was no room", got.status, got.body)
			}
			r.wants(2, "switchhook_requests_rejected_total", "reason=overloaded")
			close(leave)
			if got := <-first; got.status != http.StatusOK {
				t.Errorf("the first got %d", got.status)
			}
		})
	}
}

func TestMismatchedCommand(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		command, body string
		strict        bool
		status        int
		mismatches    float64
	}{
		"agrees":                              {afterCommand, afterBody, true, 200, 0},
		"agrees in another spelling":          {afterCommand, `{"CallbackCommand":"Sns.Callback\u0042lackListAdd"}`, true, 200, 0},
		"body names none":                     {afterCommand, `{}`, true, 200, 0},
		"disagrees, and that is only counted": {afterCommand, `{"CallbackCommand":"Sns.CallbackBlackListDelete"}`, false, 200, 1},
		"disagrees and is refused":            {afterCommand, `{"CallbackCommand":"Sns.CallbackBlackListDelete"}`, true, 400, 1},
		"is no string and is refused":         {afterCommand, `{"CallbackCommand":["Sns.CallbackBlackListAdd"]}`, true, 400, 1},
		"disagrees about a decision":          {beforeCommand, afterBody, true, 400, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *gateway.Options) { o.StrictCommand = tc.strict })
			got := r.post(signedQuery(tc.command), tc.body)
			r.checkUnreadable(tc.command, got, tc.status, "command_mismatch")
			r.wants(tc.mismatches, "switchhook_command_mismatches_total")
		})
	}
}

func TestSlowHandlerOutlivesTheBodyTimeout(t *testing.T) {
	t.Parallel()
	const bodyTimeout = 20 * time.Millisecond
	ended := make(chan error, 1)
	r := start(t, func(o *gateway.Options) {
		o.BodyTimeout = bodyTimeout
		o.Dispatch = func(ctx context.Context, _ callback) result {
			patience := time.NewTimer(5 * bodyTimeout)
			defer patience.Stop()
			select {
			case <-ctx.Done():
			case <-patience.C:
			}
			ended <- ctx.Err()
			return result{}
		}
	})
	if got := r.post(signedQuery(afterCommand), afterBody); got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
	if err := <-ended; err != nil {
		t.Errorf("the handler's context ended early: %v", err)
	}
}

// The server's write deadline counts from the request, and a handler may take
// longer than that.
func TestLateAnswerIsStillSent(t *testing.T) {
	t.Parallel()
	const writeTimeout = 50 * time.Millisecond
	r := start(t, func(o *gateway.Options) {
		o.WriteTimeout = writeTimeout
		o.Now, o.SignWindow = time.Now, 100*365*24*time.Hour
		o.Dispatch = func(context.Context, callback) result {
			<-time.After(3 * writeTimeout)
			return result{}
		}
	})
	if got := r.post(signedQuery(afterCommand), afterBody); got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
}
