package proof_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/internal/leaktest"
)

// programs are built as a release is: what is proved is about the disk and not about the
// memory, which the other tests of these programs watch.
var programs apptest.Programs

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m, programs.Remove)) }

// form is how long the proofs are.
type form struct {
	kills, cuts int
	outage      time.Duration // of a plugin
	rate        int           // events a second meanwhile
	poison      int           // events that kill the process that they come to
}

// length returns the short form, or the long one where SWITCHHOOK_SOAK_ROUNDS says
// how often the gateway is killed.
func length(t *testing.T) form {
	t.Helper()
	text := os.Getenv("SWITCHHOOK_SOAK_ROUNDS")
	if text == "" {
		return form{kills: 20, cuts: 5, outage: 2 * time.Second, rate: 200, poison: 1}
	}
	rounds, err := strconv.Atoi(text)
	if err != nil || rounds < 1 {
		t.Fatalf("SWITCHHOOK_SOAK_ROUNDS is %q: it has to be a number from 1", text)
	}
	return form{kills: rounds, cuts: max(5, rounds/10), outage: time.Minute, rate: 500, poison: 3}
}

// gateway is the real program, and a test's.
type gateway struct {
	*apptest.Gateway
	t *testing.T
}

// newGateway makes a gateway whose inbox is configured by the words in more.
func newGateway(t *testing.T, more string) *gateway {
	t.Helper()
	g := &gateway{apptest.New(t, programs.Path(t, "switchhook", apptest.Switchhook)), t}
	g.Configure("127.0.0.1:0", "apps: {"+apptest.App+": {insecure: true}}\n"+more)
	return g
}

// install puts a recorder into the plugin directory.
func (g *gateway) install(name, env string) {
	g.t.Helper()
	g.Record(programs.Path(g.t, "recorder", apptest.Recorder), name, env)
}

// load sends events to the gateway until it is stopped.
func (g *gateway) load(l *apptest.Ledger, callers int, pace time.Duration) *apptest.Load {
	g.t.Helper()
	return l.Load(g.t, callers, pace, g.Listen)
}

// wantDecision checks that decisions are made, whatever becomes of events.
func (g *gateway) wantDecision() {
	g.t.Helper()
	query := apptest.Query(apptest.App, apptest.Decided, apptest.Token)
	if a, err := apptest.Post(g.Client, g.Listen, query, `{"CallbackCommand":"`+apptest.Decided+`"}`); err != nil || !a.OK() {
		g.t.Errorf("a decision is answered with %s (%v)", a, err)
	}
}
