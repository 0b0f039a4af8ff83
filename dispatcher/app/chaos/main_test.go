package chaos_test

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/internal/leaktest"
)

// waiting is how many tests of the short form run at once: they do little but wait
// for processes to come and go.
const waiting = "6"

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	var err error
	if !chosen {
		err = flag.Set("test.parallel", waiting)
	}
	if err != nil {
		panic(err) // its name is wrong
	}
	os.Exit(leaktest.Run(m, programs.Remove))
}

// form is how long the tests are.
type form struct {
	rounds   int           // how often each test is run, by a gateway of its own
	times    int           // how often a plugin misbehaves in a round
	swaps    int           // how often a plugin is exchanged in a round, and one of its processes killed
	stops    int           // how often one is stopped
	requests int           // what is sent to the others before, and after each time
	pace     time.Duration // of each of their senders
	rush     time.Duration // the same, where a request is to be under way at any moment
}

// length returns the short form, or the long one where SWITCHHOOK_CHAOS_ROUNDS
// says of how many rounds.
func length(t *testing.T) form {
	t.Helper()
	text := os.Getenv("SWITCHHOOK_CHAOS_ROUNDS")
	if text == "" {
		return form{rounds: 1, times: 1, swaps: 2, stops: 1, requests: 30, pace: 100 * time.Millisecond, rush: 25 * time.Millisecond}
	}
	rounds, err := strconv.Atoi(text)
	if err != nil || rounds < 1 {
		t.Fatalf("SWITCHHOOK_CHAOS_ROUNDS is %q: it has to be a number from 1", text)
	}
	return form{rounds: rounds, times: 3, swaps: 20, stops: 5, requests: 1000, pace: 10 * time.Millisecond, rush: 10 * time.Millisecond}
}

// programs are the real ones. With the race detector on, it watches the gateway too.
var programs apptest.Programs

// badplugin is the package of the bad plugin, and of the good one.
const badplugin = "github.com/switchhook/switchhook/dispatcher/app/chaos/testdata/badplugin"
