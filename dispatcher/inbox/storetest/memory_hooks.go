package storetest

// Calls counts what was asked of a [Memory], failures included.
type Calls struct{ Commits, Waiting, Due, Scan, Stats, Trim int }

// Calls returns how often each thing was asked.
func (m *Memory) Calls() Calls {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// Fail has every commit from now on fail with err, and change nothing, until
// Fail(nil).
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// Hold has commits wait until release is called, once. It waits itself for the commit
// that is under way.
func (m *Memory) Hold() (release func()) {
	m.commit.Lock()
	return m.commit.Unlock
}

// Damage has the event's copies read as corrupt from now on, as if a bit of it had
// been flipped on the disk.
func (m *Memory) Damage(seq uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.data.event(seq); e != nil {
		e.Damaged = true
	}
}
