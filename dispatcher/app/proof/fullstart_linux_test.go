package proof_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A gateway that is started while its disk is full makes decisions and says what is
// wrong, and accepts events once there is room, without another start.
func TestAStartOnAFullDiskIsAStateThatPasses(t *testing.T) {
	t.Parallel()
	g, l := newGateway(t, ""), newLedger()
	newMemory(g, 32<<20)
	g.install("recorder", "")
	g.install("judge", "DECIDES=yes")
	g.start()
	if !g.padded(l) {
		t.Fatal("an event is refused by an empty disk")
	}
	g.stop()
	takeAll(t, g.path("data/ballast"))
	g.start()
	var ready struct{ Degraded []string }
	if code := g.get("/-/ready", &ready); code != http.StatusOK || !strings.Contains(strings.Join(ready.Degraded, "\n"), "events are not accepted") {
		t.Errorf("ready is answered with %d %+v", code, ready)
	}
	if s := g.inbox(); s.State != "full" || s.Problem == "" {
		t.Errorf("the inbox is %+v", s)
	}
	if reply, _, err := exchange(g.client, g.listen, decided, `{"CallbackCommand":"`+decided+`"}`); err != nil || reply != okReply {
		t.Errorf("a decision is answered with %s (%v)", reply, err)
	}
	if g.padded(l) {
		t.Error("an event is accepted that there is no room for")
	}
	if err := os.Remove(g.path("data/ballast")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "events are accepted", func() bool { return g.padded(l) })
	v := g.wantVerdict(l, "recorder")
	t.Logf("PROOF full what=start %s refused=%d", v, l.refused)
	g.stop()
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
