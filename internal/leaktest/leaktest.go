// Package leaktest is the end of the tests of a package that starts goroutines: none of
// them may be left. Only tests import it.
package leaktest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Run runs the tests of a package and then each of ends, in their order, and returns the
// exit code: a goroutine that is left or an end that fails makes it 1.
func Run(m *testing.M, ends ...func() error) int {
	code := m.Run()
	errs := []error{Find()}
	for _, end := range ends {
		errs = append(errs, end())
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Find returns what goroutines are left, once those that are about to end have had the
// time: goleak alone gives up after half a second, which is little on a busy machine.
func Find() (err error) {
	for range 60 {
		if err = goleak.Find(); err == nil {
			break
		}
	}
	return err //nolint:wrapcheck // it says all
}
