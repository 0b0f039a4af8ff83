package wire

import "sync/atomic"

// workers run the jobs of one stream on goroutines that they keep: an idle one
// first, a new one when none is idle. A goroutine that has grown its stack is
// worth keeping; a fixed number would stall behind slow handlers.
//
// Only the stream's reader calls run and close.
type workers struct {
	jobs chan *job
	idle atomic.Int64
}

// keptWorkers is how many idle workers are kept after a burst.
const keptWorkers = 256

func newWorkers() *workers { return &workers{jobs: make(chan *job)} }

// run starts j and returns at once.
func (w *workers) run(j *job) {
	select {
	case w.jobs <- j:
	default:
		go w.work(j)
	}
}

// close ends the idle workers at once and the others when their job is done.
func (w *workers) close() { close(w.jobs) }

func (w *workers) work(j *job) {
	for j != nil {
		j.run()
		if w.idle.Add(1) > keptWorkers {
			w.idle.Add(-1)
			return
		}
		j = <-w.jobs
		w.idle.Add(-1)
	}
}
