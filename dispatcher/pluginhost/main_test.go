package pluginhost_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/internal/twin"
)

// binary is what plays the other two programs.
var binary twin.Twin

// The test binary is three programs: the tests, the gateway's hidden step, and
// every plugin that the tests start (see mood_test.go).
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "exec-plugin" {
		err := pluginhost.ExecPlugin(os.Args[2:])
		fmt.Fprintln(os.Stderr, "exec-plugin:", err)
		os.Exit(1)
	}
	if mood, ok := os.LookupEnv(moodKey); ok {
		runMood(mood)
		os.Exit(0)
	}
	os.Exit(leaktest.Run(m, binary.Remove))
}
