package app_test

import (
	"os"
	"testing"
)

const openToOthers = "directory is open to others, who can have the gateway run their programs"

func TestDirectoriesThatAnyoneMayWriteToAreToldOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	for _, dir := range []string{"data", "bin/plugins"} {
		if err := os.MkdirAll(r.path(dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(r.path(dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	r.start()
	r.log.Await(t, openToOthers, "data_dir", "chmod o-w "+r.path("data"))
	r.log.Await(t, openToOthers, "plugin_dir", "chmod o-w "+r.path("bin/plugins"))
}

func TestDirectoriesOfTheGatewaysOwnAreNoCauseForAWarning(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	if n := len(r.log.Records(openToOthers, 0)); n > 0 {
		t.Errorf("%d warnings", n)
	}
}
