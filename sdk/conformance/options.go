package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// MTLS says how the link to the plugin is secured.
type MTLS string

// The values of [MTLS]. The zero value counts as MTLSAuto.
const (
	// MTLSAuto asks for mTLS, as the gateway does unless it is told otherwise.
	MTLSAuto MTLS = "auto"
	// MTLSOff asks for none, as the gateway does with mtls: off.
	MTLSOff MTLS = "off"
	// MTLSBoth runs every check twice, first with mTLS and then without.
	MTLSBoth MTLS = "both"
)

// Options say what is checked and how. Program alone is required.
type Options struct {
	// Program is the path of the plugin's executable file. As in the gateway it is
	// run without arguments, as a private copy, in the plugin's data directory.
	Program string
	// Config is the settings to check with, as one JSON object; empty means none.
	Config json.RawMessage
	// MTLS says how the link is secured; empty means MTLSAuto.
	MTLS MTLS
	// Patience is how long a single answer is waited for; 0 means 5 s. The start of
	// a process and large loads get a multiple of it.
	Patience time.Duration
	// InTime is how long the answer to a sample may take; 0 means 2 s, since Tencent
	// waits no longer.
	InTime time.Duration
	// Timeout bounds the whole; 0 means 5 min. What was not checked by then is
	// Unchecked, and the report not OK.
	Timeout time.Duration
	// Observe is called with each check as it ends, by the goroutine that called
	// Verify; nil observes nothing.
	Observe func(Check)

	spared map[string]bool // checks that the tests leave out
}

// The defaults of [Options].
const (
	defaultPatience = 5 * time.Second
	defaultInTime   = 2 * time.Second
	defaultTimeout  = 5 * time.Minute
)

// OptionError says that nothing can be checked with these options, such as those
// of a program that does not exist.
type OptionError struct {
	// Option is the field's name.
	Option string
	// Err says what is wrong with its value.
	Err error
}

// Error returns the cause's text.
func (e *OptionError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *OptionError) Unwrap() error { return e.Err }

// check fills in the defaults and refuses what cannot work.
func (o *Options) check() error {
	switch o.MTLS {
	case "":
		o.MTLS = MTLSAuto
	case MTLSAuto, MTLSOff, MTLSBoth:
	default:
		return &OptionError{Option: "MTLS", Err: fmt.Errorf("%q is neither auto, off nor both", o.MTLS)}
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	if o.InTime <= 0 {
		o.InTime = defaultInTime
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Config = bytes.TrimSpace(o.Config); len(o.Config) == 0 {
		o.Config = json.RawMessage("{}")
	}
	if o.Observe == nil {
		o.Observe = func(Check) {}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(o.Config, &object); err != nil || object == nil {
		return &OptionError{Option: "Config", Err: fmt.Errorf("the settings are not one JSON object: %w", cause(err, "they are null"))}
	}
	if err := checkProgram(o.Program); err != nil {
		return &OptionError{Option: "Program", Err: err}
	}
	return nil
}

func cause(err error, otherwise string) error {
	if err == nil {
		return errors.New(otherwise)
	}
	return err
}

func checkProgram(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s", path)
	case err != nil:
		return fmt.Errorf("look at the program: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	case info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("%s is not executable: chmod +x %[1]s", path)
	}
	return nil
}
