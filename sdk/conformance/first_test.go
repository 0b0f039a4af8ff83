package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk/conformance"
)

// A plugin that was built on the first wire keeps passing, whatever was added to
// the wire since.
func TestPluginOfTheFirstWirePasses(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{
		Program: program("first"), MTLS: conformance.MTLSBoth, Config: json.RawMessage(`{"greeting": "good morning"}`), Patience: calm, InTime: calm,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK {
		t.Errorf("it fails:\n%s", text(t, report))
	}
	for _, name := range []string{"stream", "drain", "metrics"} {
		if c := check(t, report, name); c.Result != conformance.NotApplicable {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestPluginOfALaterProtocolIsToldBothMajors(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{Program: program("later")})
	if err != nil {
		t.Fatal(err)
	}
	c := check(t, report, "handshake")
	if c.Result != conformance.Failed || !strings.Contains(c.Detail, `it speaks plugin protocol "2", the gateway speaks 1`) {
		t.Errorf("handshake: %+v", c)
	}
}
