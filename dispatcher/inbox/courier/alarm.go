package courier

import "time"

// alarm calls ring at a time.
type alarm struct {
	ring  func()
	at    time.Time
	timer *time.Timer
}

// set has it ring at the time alone; never where it is zero.
func (a *alarm) set(at time.Time) {
	if at.Equal(a.at) {
		return
	}
	a.stop()
	if at.IsZero() {
		return
	}
	a.at = at
	wait := max(0, time.Until(at))
	if a.timer == nil {
		a.timer = time.AfterFunc(wait, a.ring)
		return
	}
	a.timer.Reset(wait)
}

func (a *alarm) stop() {
	a.at = time.Time{}
	if a.timer != nil {
		a.timer.Stop()
	}
}

// rang forgets the time that has come.
func (a *alarm) rang() { a.at = time.Time{} }
