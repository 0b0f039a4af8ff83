package draw

import (
	"context"
	_ "embed" // which uPlot, and its checksum
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed package.json
var manifest []byte

//go:embed package-lock.json
var lock []byte

// Fetch has npm install uPlot below dir, as package-lock.json pins it, and
// returns the folder for Options.Library. Dir is the caller's to remove.
func Fetch(ctx context.Context, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("fetch uPlot: %w (on Debian: apt-get install npm)", err)
	}
	for name, text := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return "", fmt.Errorf("fetch uPlot: %w", err)
		}
	}
	command := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund") //nolint:gosec // npm of PATH
	command.Dir = dir
	bound(command)
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch uPlot: npm ci: %w\n%s", err, out)
	}
	return filepath.Join(dir, "node_modules", "uplot", "dist"), nil
}
