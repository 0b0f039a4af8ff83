package imevent

import (
	"reflect"
	"time"
)

// Millis is a time in milliseconds since 1970 UTC, as EventTime is in the
// callbacks of Chat. Zero means that the body has no time.
type Millis int64

// IsZero reports whether there is no time.
func (m Millis) IsZero() bool { return m == 0 }

// Time returns the time in UTC, or the zero time where there is none.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// UnmarshalJSON reads the number as leniently as events are read; what is no whole
// number leaves no time.
func (m *Millis) UnmarshalJSON(data []byte) error { return readWhole(data, m) }

// Seconds is a time in seconds since 1970 UTC, as MsgTime is, and EventTime in the
// callbacks of Push. Zero means that the body has no time.
type Seconds int64

// IsZero reports whether there is no time.
func (s Seconds) IsZero() bool { return s == 0 }

// Time returns the time in UTC, or the zero time where there is none.
func (s Seconds) Time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// UnmarshalJSON reads the number as leniently as events are read; what is no whole
// number leaves no time.
func (s *Seconds) UnmarshalJSON(data []byte) error { return readWhole(data, s) }

// readWhole reads a whole number outside an event of this package.
func readWhole[N ~int64](data []byte, into *N) error {
	*into = 0
	if _, m := readInteger(data, reflect.ValueOf(into).Elem()); m != nil {
		return m
	}
	return nil
}
