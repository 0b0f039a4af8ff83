package sdktest_test

import (
	"fmt"
	"testing"
)

// recorder is a test that keeps its failures to itself.
type recorder struct {
	testing.TB

	name     string // in place of the test's own
	failures []string
	wait     func(failures []string) // called after the clean-ups
	cleaning bool
}

func (r *recorder) Name() string {
	if r.name != "" {
		return r.name
	}
	return r.TB.Name()
}

func (r *recorder) Helper() {}

func (r *recorder) Cleanup(f func()) {
	if !r.cleaning { // the first to be registered is the last to run
		r.cleaning = true
		r.TB.Cleanup(func() {
			if r.wait != nil {
				r.wait(r.failures)
			}
		})
	}
	r.TB.Cleanup(f)
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// fatal ends what run was given.
type fatal struct{}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(fatal{})
}

// run runs f up to its end, or to what would end the test.
func (r *recorder) run(f func()) {
	defer func() {
		if v := recover(); v != nil && v != any(fatal{}) {
			panic(v)
		}
	}()
	f()
}
