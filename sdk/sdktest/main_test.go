package sdktest_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/switchhook/switchhook/sdk/wire"
)

// secretKey is in the environment of the tests and not in that of the plugins'
// processes, which come through here too.
const secretKey = "SDKTEST_SECRET"

func TestMain(m *testing.M) {
	if _, plugin := os.LookupEnv(wire.CookieKey); !plugin {
		_ = os.Setenv(secretKey, "secret") // it is a key
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
