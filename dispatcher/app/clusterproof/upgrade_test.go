package clusterproof_test

import "os"

// previous names the binary of an earlier commit, as `make upgrade` does. Without it this
// commit's own is the earlier one.
const previous = "SWITCHHOOK_PREVIOUS"

// shareWithAnotherBuild replaces the gateways one after the other, back and forth, so that
// two builds share the cluster meanwhile.
func (f *fleet) shareWithAnotherBuild(this string) {
	f.t.Helper()
	earlier, from := os.Getenv(previous), "previous_commit"
	if earlier == "" {
		earlier, from = this, "this_build"
	}
	f.suffer("gateways_downgraded_to_"+from, func() { f.replace(earlier) })
	f.suffer("gateways_upgraded_from_"+from, func() { f.replace(this) })
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
