package clusterproof_test

import (
	"os"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// previous names the binary of an earlier commit, as `make upgrade` does. Without it this
// commit's own is the earlier one.
const previous = "SWITCHHOOK_PREVIOUS"

// Gateways are replaced one after the other, back and forth, so that two builds share the
// cluster meanwhile.
func TestTwoBuildsShareACluster(t *testing.T) {
	t.Parallel()
	this := programs.Path(t, "switchhook", apptest.Switchhook)
	earlier, from := os.Getenv(previous), "previous_commit"
	if earlier == "" {
		earlier, from = this, "this_build"
	}
	f := newFleet(t, length(), this)
	f.suffer("gateways_downgraded_to_"+from, func() { f.replace(earlier) })
	f.suffer("gateways_upgraded_from_"+from, func() { f.replace(this) })
	f.verdicts()
}

// replace has each gateway, one after the other, be another program.
func (f *fleet) replace(program string) {
	f.t.Helper()
	for _, g := range f.gateways {
		g.Stop()
		g.Program = program
		g.Start()
		f.goOn()
	}
}
