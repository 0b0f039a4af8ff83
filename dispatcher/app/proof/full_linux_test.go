package proof_test

import (
	"os"
	"strings"
	"testing"
)

// A disk that is full is a state: events are refused, decisions are made, and once
// there is room again events are accepted, by the same process.
func TestAFullDiskIsAStateThatPasses(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "")
	newMemory(g, 64<<20)
	g.Write("data/ballast", strings.Repeat("x", 40<<20))
	g.fillUp("disk", func() {
		if err := os.Remove(g.Path("data/ballast")); err != nil {
			t.Fatal(err)
		}
	})
}
