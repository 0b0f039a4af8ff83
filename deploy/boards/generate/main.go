// Generate writes the dashboards into the folder that its one argument names,
// each into its own file, and removes what else of *.json stands there. go
// generate calls it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/deploy/boards"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	files, err := boards.Files()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return fmt.Errorf("list dashboards: %w", err)
	}
	for _, file := range old {
		if _, wanted := files[filepath.Base(file)]; !wanted {
			if err := os.Remove(file); err != nil { //nolint:gosec // the caller names the folder
				return fmt.Errorf("remove an old dashboard: %w", err)
			}
		}
	}
	for _, name := range boards.Names(files) {
		//nolint:gosec // as committed: dashboards are for everybody to read
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return fmt.Errorf("write dashboard: %w", err)
		}
	}
	return nil
}
