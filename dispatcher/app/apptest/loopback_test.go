package apptest_test

import (
	"net"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// Two tests at once get different addresses, and each can listen at its own, again and
// again.
func TestAddressesAreATestsOwn(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, addr := range append(apptest.Loopback(t, 3), apptest.Loopback(t, 3)...) {
		if seen[addr] {
			t.Errorf("%s is given out twice", addr)
		}
		seen[addr] = true
		for range 2 {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
