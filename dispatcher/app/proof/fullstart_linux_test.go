package proof_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// A gateway that is started while its disk is full makes decisions and says what is
// wrong, and accepts events once there is room, without another start.
func TestAStartOnAFullDiskIsAStateThatPasses(t *testing.T) {
	t.Parallel()
	g, l := newGateway(t, ""), apptest.NewLedger()
	newMemory(g, 32<<20)
	g.install("recorder", "")
	g.install("judge", "DECIDES=yes")
	g.Start()
	if !g.padded(l) {
		t.Fatal("an event is refused by an empty disk")
	}
	g.Stop()
	takeAll(t, g.Path("data/ballast"))
	g.Start()
	var ready struct{ Degraded []string }
	if code := g.Get("/-/ready", &ready); code != http.StatusOK || !strings.Contains(strings.Join(ready.Degraded, "\n"), "events are not accepted") {
		t.Errorf("ready is answered with %d %+v", code, ready)
	}
	if s := g.Inbox(); s.State != "full" || s.Problem == "" {
		t.Errorf("the inbox is %+v", s)
	}
	g.wantDecision()
	if g.padded(l) {
		t.Error("an event is accepted that there is no room for")
	}
	if err := os.Remove(g.Path("data/ballast")); err != nil {
		t.Fatal(err)
	}
	apptest.Eventually(t, "events are accepted", func() bool { return g.padded(l) })
	v := g.Verdict(l, "recorder")
	t.Logf("PROOF full what=start %s refused=%d", v, l.Refused)
	g.Stop()
}

// takeAll takes all room that a disk has left.
func takeAll(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []int{1 << 20, 4096} {
		for err = nil; err == nil; {
			_, err = f.Write(bytes.Repeat([]byte{1}, block))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Error(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
