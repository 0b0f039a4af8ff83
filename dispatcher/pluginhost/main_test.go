package pluginhost_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

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
	code := m.Run()
	if err := leaks(); code == 0 && err != nil {
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
