package pluginhost_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// A named pipe gives nothing to read until somebody writes: whoever opens it as a
// file waits for ever, and with it a readiness probe or a reload.
func TestANamedPipeInAProgramsPlaceHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	path := filepath.Join(h.dir, "words")
	entry(path).remove(t)
	if err := syscall.Mkfifo(path, 0o755); err != nil {
		t.Fatal(err)
	}
	asked := make(chan []pluginhost.Status, 1)
	go func() { asked <- h.Status() }()
	select {
	case all := <-asked:
		if drift := all[0].Drift; !strings.Contains(drift, "is not a regular file") {
			t.Errorf("drift: %q", drift)
		}
	case <-time.After(patience):
		f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0) // lets the reader go
		if err == nil {
			err = f.Close()
		}
		t.Fatalf("the status is still awaited (%v)", err)
	}
	if _, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{}); err == nil || !strings.Contains(err.Error(), "is not an executable file") {
		t.Errorf("reload: %v", err)
	}
	h.do(t, "words", body{})
}

// A file system that is away must cost a readiness probe its first answer at most.
func TestAFileThatDoesNotAnswerIsAskedOnce(t *testing.T) {
	t.Parallel()
	sums := pluginhost.NewSums(time.Hour)
	asked, away := 0, make(chan struct{})
	ended := make(chan struct{})
	sums.Answering(time.Millisecond, func(string) (string, error) {
		asked++
		<-away
		defer close(ended)
		return "sum", nil
	})
	for range 3 {
		if sum, err := sums.Soon("words"); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("the hash is %q (%v)", sum, err)
		}
	}
	close(away)
	<-ended
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	sums.Answering(patience, func(string) (string, error) { return "sum", nil })
	eventually(t, func() bool {
		sum, err := sums.Soon("words")
		return err == nil && sum == "sum"
	})
}
