package proof_test

import (
	"errors"
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

func TestMain(m *testing.M) {
	code := m.Run()
	if err := errors.Join(leaks(), programs.remove()); err != nil {
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

// programs are the real ones, each built when the first test wants it.
var programs = builder{built: make(map[string]error)}

type builder struct {
	mu    sync.Mutex
	dir   string
	built map[string]error
}

// path returns the path of a program: switchhook, forgetful or recorder, or of one that
// is built already, by its own absolute path. They are
// built as a release is: what is proved is about the disk and not about the memory,
// which the other tests of these programs watch.
func (b *builder) path(t *testing.T, name string) string {
	t.Helper()
	if filepath.IsAbs(name) {
		return name
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dir == "" {
		var err error
		if b.dir, err = os.MkdirTemp("", "sh"); err != nil { //nolint:usetesting // it outlives the test
			t.Fatal(err)
		}
	}
	path := filepath.Join(b.dir, name)
	if _, done := b.built[name]; !done {
		b.built[name] = b.build(name, path)
	}
	if err := b.built[name]; err != nil {
		t.Fatal(err)
	}
	return path
}

func (b *builder) build(name, path string) error {
	args := []string{"build", "-ldflags", "-s -w", "-o", path}
	switch name {
	case "recorder":
		args = append(args, "./dispatcher/app/proof/testdata/recorder")
	case "forgetful":
		overlay, err := forgetful(b.dir)
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay, "./cmd/switchhook")
	default:
		args = append(args, "./cmd/switchhook")
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = repository
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %v: %w\n%s", args, err, out)
	}
	return nil
}

func (b *builder) remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

// repository is the root of this one.
const repository = "../../.."

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
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
