//go:build !linux

package stdout

import "os"

// move catches what is printed through os.Stdout, and nothing else: other
// systems name the needed calls differently.
func move() *os.File {
	kept := os.Stdout
	os.Stdout = os.Stderr
	return kept
}
