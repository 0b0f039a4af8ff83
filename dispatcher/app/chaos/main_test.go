package chaos_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait of the tests; nothing is ever measured by it.
const patience = 4 * time.Minute

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
	code := m.Run()
	if err = errors.Join(err, leaks(), programs.remove()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// leaks returns what goroutines are left, once those that are about to end have had the
// time: goleak alone gives up after half a second, which is little on a busy machine.
func leaks() (err error) {
	for range 60 {
		if err = goleak.Find(); err == nil {
			break
		}
	}
	return err
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

// programs are the real ones, built when the first test wants them.
var programs builder

type builder struct {
	once sync.Once
	dir  string
	err  error
}

// path returns the path of switchhook or badplugin. With the race detector on, it
// watches the gateway too.
func (b *builder) path(t *testing.T, name string) string {
	t.Helper()
	b.once.Do(b.build)
	if b.err != nil {
		t.Fatal(b.err)
	}
	return filepath.Join(b.dir, name)
}

func (b *builder) build() {
	if b.dir, b.err = os.MkdirTemp("", "sh"); b.err != nil {
		return
	}
	gateway, mode := []string{"./cmd/switchhook"}, "CGO_ENABLED=0"
	if raceEnabled {
		gateway, mode = []string{"-race", "./cmd/switchhook"}, "CGO_ENABLED=1"
	}
	b.err = errors.Join(b.goBuild(mode, gateway...), b.goBuild("CGO_ENABLED=0", "./dispatcher/app/chaos/testdata/badplugin"))
}

// goBuild builds in the repository's root.
func (b *builder) goBuild(env string, args ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-ldflags", "-s -w", "-o", b.dir + "/"}, args...)...)
	cmd.Dir = "../../.."
	cmd.Env = append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %v: %w\n%s", args, err, out)
	}
	return nil
}

func (b *builder) remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}
