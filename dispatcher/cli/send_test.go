package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

// send runs `send Sns.CallbackBlackListAdd` against handler.
func send(ctx context.Context, t *testing.T, handler http.HandlerFunc, args ...string) (code int, stdout []byte) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	var out bytes.Buffer
	line := append([]string{"send", "Sns.CallbackBlackListAdd", "--app", "1", "--url", server.URL, "--output", "json"}, args...)
	code = cli.Program{}.Execute(ctx, line, nil, &out, io.Discard)
	return code, out.Bytes()
}

func TestSendSignsAsTencentDoes(t *testing.T) {
	t.Parallel()
	token := write(t, "token", "xxxxyyyy\nold\n")
	var query url.Values
	code, out := send(t.Context(), t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.Query()
		_, _ = io.WriteString(w, ok)
	}, "--token-file", token)
	if code != cli.ExitOK {
		t.Fatalf("exit code %d: %s", code, out)
	}
	seconds, err := strconv.ParseInt(query.Get("RequestTime"), 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age < -time.Minute || age > time.Minute {
		t.Errorf("RequestTime = %q, which is not now in seconds", query.Get("RequestTime"))
	}
	sum := sha256.Sum256([]byte("xxxxyyyy" + query.Get("RequestTime")))
	if want := hex.EncodeToString(sum[:]); query.Get("Sign") != want {
		t.Errorf("Sign = %q, want %q", query.Get("Sign"), want)
	}
}

func TestSendManyKeepsToItsConcurrency(t *testing.T) {
	t.Parallel()
	const wanted = 4
	var now, most, connections atomic.Int64
	full := make(chan struct{})
	code, out := send(t.Context(), t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		if connections.Add(1) == wanted {
			close(full) // the others wait until this many came at once
		}
		<-full
		_, _ = io.WriteString(w, ok)
	}, "--count", "40", "--concurrency", "4")
	if code != cli.ExitOK || most.Load() != wanted {
		t.Errorf("exit code %d with %d at once, want 0 with %d\n%s", code, most.Load(), wanted, out)
	}
}

func TestSendManyReportsWhatWasDoneWhenInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var served atomic.Int64
	code, out := send(ctx, t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if served.Add(1) == 3 {
			interrupt()
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, ok)
	}, "--count", "1000")
	var sum struct {
		Wanted int `json:"wanted"`
		Sent   int `json:"sent"`
		Failed int `json:"failed"`
	}
	if err := json.Unmarshal(out, &sum); err != nil {
		t.Fatal(err)
	}
	if code != cli.ExitFailed || sum.Wanted != 1000 || sum.Sent != 2 || sum.Failed != 0 {
		t.Errorf("exit code %d, %+v, want 1 after 2 of 1000", code, sum)
	}
}
