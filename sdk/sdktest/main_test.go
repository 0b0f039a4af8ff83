package sdktest_test

import (
	"os"
	"testing"

	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/sdk/wire"
)

// secretKey is in the environment of the tests and not in that of the plugins'
// processes, which come through here too.
const secretKey = "SDKTEST_SECRET"

func TestMain(m *testing.M) {
	if _, plugin := os.LookupEnv(wire.CookieKey); !plugin {
		_ = os.Setenv(secretKey, "secret") // it is a key
	}
	os.Exit(leaktest.Run(m))
}
