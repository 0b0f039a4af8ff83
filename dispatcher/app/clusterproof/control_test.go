package clusterproof_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// fails is where a gateway says that an event is not kept, and hasty what it says in the
// control run, in which it is kept by nobody.
const (
	fails = "\t\treturn b.asFault(cb, err)\n"
	hasty = "\t\treturn nil\n"
)

// What proves that nothing is lost sees it where something is.
func TestAGatewayThatSaysYesTooSoonIsFoundOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t, short(), programs.PathBy(t, "hasty", apptest.Switchhook, overlay))
	f.suffer("cluster_stopped_of_hasty_gateways", func() {
		for _, n := range f.cluster.Nodes {
			n.Kill()
		}
		f.accept(f.form.steady, 1) // which nobody has
		for _, n := range f.cluster.Nodes {
			n.Start()
		}
		f.cluster.Settled()
	})
	f.traffic.stop()
	v := f.judge()[1]
	t.Logf("of %d events that were accepted %d are lost", v.accepted, v.lost)
	if v.lost == 0 || v.holds() {
		t.Error("it was not seen that events are lost")
	}
}

// overlay prepares the build of the hasty gateway. There is no switch for it in the one
// that is released.
func overlay(dir string) (flags []string, err error) {
	source, err := filepath.Abs("../../inbox/accept.go")
	if err != nil {
		return nil, fmt.Errorf("find the inbox: %w", err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	if strings.Count(string(text), fails) != 1 {
		return nil, fmt.Errorf("%s does not say %q once: say here how an event is refused now", source, fails)
	}
	changed, file := filepath.Join(dir, "accept.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	err = errors.Join(err,
		os.WriteFile(changed, []byte(strings.Replace(string(text), fails, hasty, 1)), 0o600),
		os.WriteFile(file, replace, 0o600))
	return []string{"-overlay", file}, err
}
