package clusterproof_test

import (
	"os"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/internal/leaktest"
)

// programs are built as a release is: what is proved is about the disks and the network.
var programs apptest.Programs

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m, programs.Remove)) }

// form is how long the proofs are.
type form struct {
	gateways int
	callers  int
	pace     time.Duration // between two events of a caller
	steady   int           // events that show that it goes on
	hold     time.Duration // that a fault lasts at the least
	pause    time.Duration // that a node is held
	away     time.Duration // that a gateway is away
	rounds   int
}

// length returns the short form, or the long one with SWITCHHOOK_SOAK in the environment.
func length() form {
	if os.Getenv("SWITCHHOOK_SOAK") == "" {
		return short()
	}
	return form{
		gateways: 3, callers: 12, pace: 20 * time.Millisecond, steady: 200, rounds: 2,
		hold: 10 * time.Second, pause: 20 * time.Second, away: 45 * time.Second,
	}
}

func short() form {
	return form{
		gateways: 2, callers: 4, pace: 50 * time.Millisecond, steady: 10, rounds: 1,
		hold: 200 * time.Millisecond, pause: 3 * time.Second, away: 200 * time.Millisecond,
	}
}
