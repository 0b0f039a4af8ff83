package proof_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// opens is where the gateway opens its inbox, and careless what becomes of it in the
// gateway of the control run, which lets the kernel write when it likes.
const (
	opens    = "sqlite.Open(ctx, sqlite.Options{"
	careless = opens + " Synchronous: sqlite.Off,"
)

// forgetful prepares the build of a gateway that syncs nothing, and differs in that
// alone. There is no switch for it in the one that is released. It returns the flags of
// the go command.
func forgetful(dir string) (flags []string, err error) {
	source, err := filepath.Abs("../inboxstore.go")
	if err != nil {
		return nil, fmt.Errorf("find the inbox: %w", err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	if strings.Count(string(text), opens) != 1 {
		return nil, fmt.Errorf("%s does not say %q once: say here how a store is opened now", source, opens)
	}
	changed := filepath.Join(dir, "inboxstore.go")
	overlay := filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	err = errors.Join(err,
		os.WriteFile(changed, []byte(strings.Replace(string(text), opens, careless, 1)), 0o600),
		os.WriteFile(overlay, replace, 0o600))
	return []string{"-overlay", overlay}, err
}
