package conformance_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk/wire"
)

// What other languages are told by hand is what the wire says.
func TestOtherLanguagesAreToldTheTruth(t *testing.T) {
	t.Parallel()
	line := fmt.Sprintf("1|%d|unix|", wire.ProtocolVersion)
	for file, facts := range map[string][]string{
		"docs/other-languages.md":      {wire.CookieKey, wire.CookieValue, line, strconv.Itoa(wire.MaxMessage), fmt.Sprintf("%d MiB)", wire.MaxBody>>20)},
		"docs/examples/node/plugin.js": {wire.CookieKey, wire.CookieValue, line, fmt.Sprintf("LARGEST = %d << 20", wire.MaxMessage>>20)},
	} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, fact := range facts {
			if !strings.Contains(string(text), fact) {
				t.Errorf("%s does not say %q", file, fact)
			}
		}
	}
}
