//go:build !linux

package live

import "errors"

// ErrNoMount says that no file system can be mounted here.
var ErrNoMount = errors.New("no file system can be mounted here")

func mount(string, int) error { return ErrNoMount }

func unmount(string) error { return nil }

func required() bool { return false }
