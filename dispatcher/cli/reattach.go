package cli

import (
	"fmt"
	"path/filepath"
	"strings"
)

// attachVariable has a plugin that is started by hand wait for a gateway.
const attachVariable = "SWITCHHOOK_ATTACH"

// reattachFlag is one --reattach: a plugin, and the file that says where it waits.
type reattachFlag struct{ name, file string }

func parseReattach(text string) (reattachFlag, error) {
	name, file, _ := strings.Cut(text, "=")
	if name == "" || file == "" {
		return reattachFlag{}, fmt.Errorf("--reattach: %q is not NAME=FILE, where FILE is what %s was set to when the plugin was started", text, attachVariable)
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return reattachFlag{}, fmt.Errorf("--reattach %s: %w", name, err)
	}
	return reattachFlag{name: name, file: file}, nil
}
