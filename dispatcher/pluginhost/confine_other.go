//go:build !linux

package pluginhost

import "errors"

// unsupported names what this system cannot do.
func unsupported(i Isolation) error {
	switch {
	case i.User != "":
		return errors.New("isolation.user works on Linux alone")
	case i.Memory > 0:
		return errors.New("isolation.memory works on Linux alone")
	case i.Landlock != nil:
		return errors.New("isolation.landlock works on Linux alone")
	default:
		return nil
	}
}

// mayActFor is never asked: there is no other user here.
func mayActFor(*identity) error { return nil }

// restrict sets the limits; there is nothing else here.
func (c confinement) restrict(int) (words []string, err error) {
	limits, err := c.limit()
	return append([]string{"group"}, limits...), err
}
