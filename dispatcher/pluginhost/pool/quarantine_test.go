package pool_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
)

// poison ends whatever process gets it.
var poison = sdk.Callback{ID: "poison", AppID: "1400000001", Command: beforeCommand, Attempt: 1}

func TestACallbackThatEndsProcessesIsNotSentAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for n := range pool.PoisonDeaths {
		f.Exchange(dies().Intake)
		_, err := f.Handle(t.Context(), poison)
		wantKind(t, err, sdk.KindUnavailable)
		if parked := f.Parked(); n+1 < pool.PoisonDeaths && len(parked) > 0 {
			t.Errorf("after %d deaths %v is parked", n+1, parked)
		}
	}
	f.Exchange(replies("well").Intake)
	_, err := f.Handle(t.Context(), poison)
	wantKind(t, err, sdk.KindPermanent)
	if !errors.Is(err, pool.ErrQuarantined) || err.Error() != "callback poison ended plugin test 3 times: it is not sent again" {
		t.Errorf("it is refused with %v", err)
	}
	if _, err := f.Handle(t.Context(), sdk.Callback{ID: "another", Command: beforeCommand}); err != nil {
		t.Error(err)
	}
	parked := f.Parked()
	if len(parked) != 1 || parked[0].ID != poison.ID || parked[0].App != poison.AppID || parked[0].Command != poison.Command || parked[0].Deaths != 3 {
		t.Errorf("parked is %+v", parked)
	}
	f.counted(t, `switchhook_plugin_quarantined_total{plugin="test"} 1`)
	if log := f.log.String(); strings.Count(log, `"level":"ERROR"`) != 1 || !strings.Contains(log, `"id":"poison"`) {
		t.Errorf("the log says %s", log)
	}
	f.Pardon()
	if _, err := f.Handle(t.Context(), poison); err != nil || len(f.Parked()) != 0 {
		t.Errorf("pardoned, it gets %v", err)
	}
}

func TestASecondAttemptEndsWhereTheCallbackIsParked(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dies(), dies())
	cb := sdk.Callback{ID: "poison", Command: afterCommand}
	_, err := f.Handle(t.Context(), cb)
	wantKind(t, err, sdk.KindUnavailable)
	last := replies("last")
	f.Exchange(dies().Intake)
	f.Publish(last.Intake)
	f.Eject(last.Intake)
	_, err = f.Handle(t.Context(), cb)
	if !errors.Is(err, pool.ErrQuarantined) {
		t.Errorf("the third death gave %v", err)
	}
}

func TestOnlyUnplannedEndsAreHeldAgainstACallback(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end    func(f *fixture, p *process)
		parked int
	}{
		"it died, and the caller saw it": {end: func(_ *fixture, p *process) { p.die() }, parked: 1},
		"it hung, and the caller had left": {end: func(f *fixture, p *process) {
			f.Blame(p.Intake, []string{"poison"})
			p.die()
		}, parked: 1},
		"it was stopped": {end: func(f *fixture, p *process) {
			p.Dismiss()
			p.die()
			f.Blame(p.Intake, []string{"poison"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				for range pool.PoisonDeaths {
					p := hangs()
					f.Exchange(p.Intake)
					f.send(t.Context(), poison)
					f.send(t.Context(), sdk.Callback{Command: beforeCommand}) // has no id
					synctest.Wait()
					tt.end(f, p)
					synctest.Wait()
				}
				if got := len(f.Parked()); got != tt.parked {
					t.Errorf("%d are parked, want %d", got, tt.parked)
				}
			})
		})
	}
}

func TestAProcessCountsOnce(t *testing.T) {
	t.Parallel()
	p := replies("p")
	f := newFixture(t, p)
	for range pool.PoisonDeaths {
		f.Blame(p.Intake, []string{"a", "a", ""})
	}
	if len(f.Parked()) != 0 || f.Remembered() != 1 {
		t.Errorf("%v are parked, %d remembered", f.Parked(), f.Remembered())
	}
}

// TestALostCallIsBlamedWhenTheDeathIsKnown has the link fail before anybody knows
// that the process is dead.
func TestALostCallIsBlamedWhenTheDeathIsKnown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range pool.PoisonDeaths {
		p := fails(&sdk.Fault{Kind: sdk.KindUnavailable, Err: errDied})
		f.Exchange(p.Intake)
		_, err := f.Handle(t.Context(), poison)
		wantKind(t, err, sdk.KindUnavailable)
		if f.Remembered() != 0 && len(f.Parked()) != 0 {
			t.Error("it is held against the callback that a living process lost it")
		}
		f.Blame(p.Intake, nil)
	}
	if len(f.Parked()) != 1 {
		t.Errorf("parked is %v", f.Parked())
	}
}

func TestDeathsAreForgottenInAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		end := func(ids ...string) {
			p := replies("p")
			f.Exchange(p.Intake)
			f.Blame(p.Intake, ids)
		}
		for range pool.PoisonDeaths {
			end("parked")
		}
		end("old", "older")
		end("old")
		time.Sleep(59 * time.Minute) //nolint:forbidigo // the bubble's clock
		end("new")
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		end("old")
		if parked := f.Parked(); len(parked) != 1 || parked[0].ID != "parked" || f.Remembered() != 3 {
			t.Errorf("parked is %v, and %d are remembered", parked, f.Remembered())
		}
	})
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var ids []string
	for i := range pool.MaxSuspects + 1000 {
		ids = append(ids, strconv.Itoa(i))
	}
	p := replies("p")
	f.Publish(p.Intake)
	f.Blame(p.Intake, ids)
	if f.Remembered() != pool.MaxSuspects {
		t.Errorf("%d are remembered", f.Remembered())
	}
	parked := slices.Clone(ids[len(ids)-pool.MaxParked-50:])
	for range pool.PoisonDeaths - 1 {
		p := replies("p")
		f.Publish(p.Intake)
		f.Blame(p.Intake, parked)
	}
	if got := f.Parked(); len(got) != pool.MaxParked || got[0].ID != parked[len(parked)-1] {
		t.Errorf("%d are listed, the first is %s", len(got), got[0].ID)
	}
	if _, err := f.Handle(context.Background(), sdk.Callback{ID: parked[0]}); !errors.Is(err, pool.ErrQuarantined) {
		t.Errorf("what is not listed is let through: %v", err)
	}
	flood := replies("flood")
	f.Publish(flood.Intake)
	for i := range ids {
		ids[i] = "flood" + ids[i]
	}
	f.Blame(flood.Intake, ids)
	if got := f.Parked(); len(got) != pool.MaxParked || f.Remembered() > pool.MaxSuspects+pool.MaxRefused {
		t.Errorf("after a flood of suspects %d are listed, %d remembered", len(got), f.Remembered())
	}
	for range pool.PoisonDeaths - 1 {
		p := replies("p")
		f.Publish(p.Intake)
		f.Blame(p.Intake, ids[len(ids)-pool.MaxRefused:])
	}
	if _, err := f.Handle(context.Background(), sdk.Callback{ID: parked[0]}); err != nil {
		t.Errorf("what was pushed out is refused: %v", err)
	}
}
