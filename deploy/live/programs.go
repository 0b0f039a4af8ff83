package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Need returns an error that says how to get what is missing of the programs
// that a Stand starts and does not build.
func Need(programs ...string) error {
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w\non Debian: apt-get install prometheus prometheus-alertmanager chromium", err)
		}
	}
	return nil
}

func needed() error { return Need("prometheus", "promtool", "prometheus-alertmanager") }

// Build builds the gateway and the plugins of the repository at root into dir.
func Build(ctx context.Context, root, dir string) error {
	args := []string{
		"build", "-ldflags", "-s -w", "-o", dir + string(filepath.Separator),
		"./cmd/switchhook", "./plugins/blacklist", "./dispatcher/app/chaos/testdata/badplugin",
	}
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // what is built is written above
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
