package conformance

import (
	"context"
	"fmt"
	"os"
	"time"
)

// The values of [Check.Link].
const (
	linkMTLS  = "mtls"
	linkPlain = "plaintext"
)

// Verify checks a plugin and reports what it found. When it returns, every file that
// it made is gone and every process that it started has ended, as have those that
// the plugin started: all of its process group, and on Linux also who left that, by
// setsid for example, unless it dropped the environment as well.
//
// An error is an [*OptionError] for options that cannot work, one of the machine, or
// that of ctx; with the last the report holds what was found until then. What is
// wrong with the plugin stands in the report.
func Verify(ctx context.Context, o Options) (Report, error) {
	if err := o.check(); err != nil {
		return Report{}, err
	}
	began := time.Now()
	root, err := os.MkdirTemp("", "sh") // short: the path of a socket has a limit
	if err != nil {
		return Report{}, fmt.Errorf("make a directory for the plugin: %w", err)
	}
	defer os.RemoveAll(root) //nolint:errcheck // A temporary directory.
	copied, sum, err := copyProgram(root, o.Program)
	if err != nil {
		return Report{}, err
	}
	report := Report{Program: o.Program, SHA256: sum}
	within, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	for _, mtls := range o.links() {
		s := &suite{options: o, root: root, program: copied, mtls: mtls, report: &report}
		s.run(within)
	}
	report.OK = report.Count(Failed) == 0 && report.Count(Unchecked) == 0
	report.TookMS = milliseconds(time.Since(began))
	if err := ctx.Err(); err != nil {
		return report, fmt.Errorf("verify %s: %w", o.Program, err)
	}
	return report, nil
}

// links returns for each round of checks whether it is with mTLS.
func (o *Options) links() []bool {
	switch o.MTLS {
	case MTLSOff:
		return []bool{false}
	case MTLSBoth:
		return []bool{true, false}
	case MTLSAuto:
		return []bool{true}
	default: // refused by check
		return nil
	}
}
