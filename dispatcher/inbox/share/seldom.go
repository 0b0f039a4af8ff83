package share

import "time"

// sayAgain is how often the log says what fails again and again: a cluster that is away for
// an hour is no reason for thousands of lines.
const sayAgain = time.Minute

// seldom says when a failure is worth a line, of those that are met at one place.
type seldom struct{ said time.Time }

func (s *seldom) again() bool {
	if time.Since(s.said) < sayAgain {
		return false
	}
	s.said = time.Now()
	return true
}
