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

// writes is where a gateway writes a commit to the log, and hasty what becomes of it in the
// gateway of the control run, which says yes whether or not the log has it.
const (
	writes = "e, err := s.change(ctx, told, &sqlite.Entry{Batch: b})\n"
	hasty  = writes + "\tif err != nil && len(b.Appends) > 0 && len(b.Results) == 0 {\n\t\treturn nil\n\t}\n"
)

// What proves that nothing is lost sees it where something is.
func TestAGatewayThatSaysYesTooSoonIsFoundOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t, length(), programs.PathBy(t, "hasty", apptest.Switchhook, overlay))
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
	source, err := filepath.Abs("../../inbox/jetstream/commit.go")
	if err != nil {
		return nil, fmt.Errorf("find the commit: %w", err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return nil, fmt.Errorf("read the commit: %w", err)
	}
	if strings.Count(string(text), writes) != 1 {
		return nil, fmt.Errorf("%s does not say %q once: say here how a commit is written now", source, writes)
	}
	changed, file := filepath.Join(dir, "commit.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	err = errors.Join(err,
		os.WriteFile(changed, []byte(strings.Replace(string(text), writes, hasty, 1)), 0o600),
		os.WriteFile(file, replace, 0o600))
	return []string{"-overlay", file}, err
}
