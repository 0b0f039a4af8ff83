package live_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/deploy/live"
)

// whole bounds everything that the tests do together.
const whole = 8 * time.Minute

// driven is the one run that all tests ask about.
var driven = sync.OnceValue(drive)

type result struct {
	stand  *live.Stand
	ledger *live.Ledger
	window live.Window
	err    error
}

func TestMain(m *testing.M) {
	// Tests wait for one of two runs: those that wait for the first must not keep the second
	// from its place, so that both take place at once.
	flag.Parse()
	code, err := 1, flag.Set("test.parallel", "64")
	if err == nil {
		code = m.Run()
	}
	if err := errors.Join(err, stop(), os.RemoveAll(built)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// started is what there is to stop.
var started *live.Stand

func stop() error {
	if started == nil {
		return nil
	}
	return started.Close()
}

// built is the folder of the programs, which TestMain removes.
var built string

// programs builds them for all runs.
var programs = sync.OnceValues(func() (bin string, err error) {
	if built, err = os.MkdirTemp("", "sh"); err != nil {
		return "", err
	}
	return built, live.Build(context.Background(), "../..", built)
})

func drive() (r result) {
	ctx, cancel := context.WithTimeout(context.Background(), whole)
	defer cancel()
	bin, err := programs()
	if err != nil {
		r.err = err
		return r
	}
	if r.stand, r.err = live.Start(ctx, live.Options{Bin: bin, Deploy: ".."}); r.err != nil {
		return r
	}
	started = r.stand
	r.ledger, r.window, r.err = live.Drive(ctx, r.stand)
	if r.err != nil {
		r.err = errors.Join(r.err, errors.New(r.stand.Gateway.Log()))
	}
	return r
}

// run returns the run, which the first test makes.
func run(t *testing.T) result {
	t.Helper()
	r := driven()
	if r.err != nil {
		told.Do(func() { t.Error(r.err) })
		t.Fatal("the run has failed")
	}
	return r
}

// told says why the run has failed, once.
var told sync.Once

// shared begins what a gateway exports of the cluster that it shares its inbox on. The one of
// this run has its inbox for itself; those of fleet_test.go share theirs.
const shared = "switchhook_inbox_cluster_"

// asks returns a checker for what was scraped during the run.
func (r result) asks() live.Checker {
	return live.Checker{Server: r.stand.Prometheus, Window: r.window, Without: shared}
}
