package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

// What is typed as --timeout is for replies, as its help says: a short one does
// not keep doctor from looking up the host and connecting.
func TestDoctorsTimeoutIsForReplies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, ok) }))
	t.Cleanup(server.Close)
	var out bytes.Buffer
	line := []string{"doctor", server.URL + "/", "--app", "1400000001", "--token-file", write(t, "token", secret), "--timeout", "1ns"}
	if code := (cli.Program{}).Execute(t.Context(), line, nil, &out, io.Discard); code != cli.ExitFailed {
		t.Errorf("exit code %d", code)
	}
	if text := out.String(); !strings.Contains(text, "fail  console probe  no whole reply within") || strings.Contains(text, "connection") {
		t.Errorf("the reply alone is late, but:\n%s", text)
	}
}
