package pluginhost

import "context"

// examine asks a process for its health, and takes the occasion to look how many
// answers it sent that nobody waits for.
func (s *supervisor) examine(in *instance) func(context.Context) error {
	return func(ctx context.Context) error {
		err := in.health(ctx)
		s.countStrays(in)
		return err
	}
}

// countStrays counts what a process has sent since the last time, and says so once:
// it harms nobody, and is a mistake of the plugin's that its author wants to know.
// Only one goroutine at a time may call it.
func (s *supervisor) countStrays(in *instance) {
	n := in.client.Strays()
	before := in.strays
	if n == before {
		return
	}
	in.strays = n
	s.host.metrics.stray(s.plan.name, n-before)
	if before == 0 {
		s.log.Warn("plugin answers calls that it does not have: it has answered them before, or never got them",
			"pid", in.pid, "answers", n)
	}
}
