package apptest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"testing"
)

// guard is the port that holds an address of the loopback network.
const guard = 1999

// Loopback returns n addresses on loopback, each with a port, where nothing else listens
// until the test ends: for what has to know an address before anybody listens there, or
// to come back to it. They are on an IP of the test's own, which a listener holds.
func Loopback(t *testing.T, n int) (addrs []string) {
	t.Helper()
	if runtime.GOOS != "linux" { // whose loopback is one IP
		return ports(t, n)
	}
	for range 1000 {
		ip := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250)) //nolint:gosec // a place, no secret
		held, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(guard)))             //nolint:noctx // on loopback
		if err != nil {
			continue // another test has it
		}
		t.Cleanup(func() { _ = held.Close() }) // it has served
		for i := range n {
			addrs = append(addrs, net.JoinHostPort(ip, strconv.Itoa(guard+1+i)))
		}
		return addrs
	}
	t.Fatal("no IP of the loopback network is free")
	return nil
}

// ports returns addresses that are free now.
func ports(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // on loopback
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // all at once, so that they differ
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}
