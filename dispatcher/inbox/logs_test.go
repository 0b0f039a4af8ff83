package inbox_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

// A key is of the body, as an account is: neither is the log's, at whatever level.
func TestLogsHoldNoKeyAndNoBody(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}), func(o *inbox.Options) {
			o.Key = func(sdk.Callback) (string, bool) { return "hush-key", true }
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		g.handled("p", func(cb sdk.Callback) error { return fmt.Errorf("refused: %s", cb.Body) })
		g.handled("q", func(cb sdk.Callback) error { panic(string(cb.Body)) })
		for range 2 {
			cb := g.callback(added)
			cb.Body = []byte(`{"From_Account":"hush"}`)
			if err := g.Accept(t.Context(), cb, []string{"p", "q"}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
	})
	if text := log.String(); strings.Contains(text, "hush") || !strings.Contains(text, "accepted before") || !strings.Contains(text, "panic in the gateway") {
		t.Errorf("the log says\n%s", text)
	}
}
