package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk/wire"
)

// instance is one process of a plugin with the link to it.
type instance struct {
	end
	progress

	log     *slog.Logger
	number  int      // among the plugin's processes
	curtain *curtain // hides the secrets in its settings
	sha256  string   // of the program; empty where the gateway has not started it
	readyAt time.Time
	inForce []string // the isolation, as the step has reported it
	// dead is closed when the process has ended, or its connection where that is
	// all there is to see.
	dead <-chan struct{}

	// What bringUp achieved, in this order.
	client      *wire.Client
	pid         int // for people
	description *wire.Description
	intake      *pool.Intake

	strays int64 // of the client's, those that were counted
}

// end is the far end of a link: a process that the gateway has started (child), or
// one that it only came to (attached).
type end interface {
	// connect makes the link and returns the process's id too.
	connect(ctx context.Context, log *slog.Logger) (*wire.Client, int, error)
	// fate says how it came to its end.
	fate() (exitReason, error)
	// stop has the process end in good order, no longer than grace and ctx allow.
	stop(ctx context.Context, grace time.Duration) error
	// release ends at once what is the gateway's and has not ended, and lets go of
	// the connection and of the files.
	release()
}

// progress is how far a process came on its way to ready.
type progress struct{ shook, described, configured bool }

// String says it to the operator.
func (p progress) String() string {
	switch {
	case !p.shook:
		return "no handshake"
	case !p.described:
		return "no answer to Describe"
	case !p.configured:
		return "no answer to Configure"
	default:
		return "not healthy or no stream"
	}
}

// bringUp takes the process from fork to ready.
func (in *instance) bringUp(ctx context.Context, p plan, dataDir string) error {
	client, pid, err := in.connect(ctx, in.log)
	if err != nil {
		return err
	}
	in.shook, in.client, in.pid = true, client, pid
	description, err := client.Describe(ctx)
	if err != nil {
		return err
	}
	in.described, in.description = true, &description
	if err := p.checkPlace(description); err != nil {
		return err
	}
	if err := in.configure(ctx, p, dataDir); err != nil {
		return err
	}
	in.configured = true
	if err := in.health(ctx); err != nil && !p.debug {
		return fmt.Errorf("it is not healthy after its start: %w", err)
	}
	if err := client.Open(ctx); err != nil {
		return err
	}
	in.intake = pool.NewIntake(discreet{client, in.curtain}, in.dead)
	return nil
}

// health asks the process how it is.
func (in *instance) health(ctx context.Context) error { return in.curtain.err(in.client.Healthy(ctx)) }

// lastSign is when the process last gave a sign of life, or the zero time where it
// promises none.
func (in *instance) lastSign() time.Time {
	if !in.description.Has(wire.CapabilityStream) {
		return time.Time{}
	}
	return in.client.Heartbeat()
}

// stuckSince returns what reports a command that the process does not answer: at
// least limit of its calls are abandoned, and none was answered for quiet.
func (in *instance) stuckSince(limit int, quiet time.Duration) func(time.Time) error {
	return func(now time.Time) error {
		command, stuck := in.intake.Stuck(limit, quiet, now)
		if !stuck {
			return nil
		}
		return fmt.Errorf("it has answered no %s for %s and holds %d that nobody waits for any more", command, quiet, limit)
	}
}

func (in *instance) ended() bool {
	select {
	case <-in.dead:
		return true
	default:
		return false
	}
}

// limits bound the end of an instance.
type limits struct{ drain, grace time.Duration }

// condemn has a process that does not answer show what it is at, and then killed. It
// does not wait for that.
func (in *instance) condemn() {
	if c, ok := in.end.(interface{ condemn() }); ok {
		c.condemn()
	}
}

// shutdown ends a process that callbacks no longer reach: it waits for those
// inside, has the plugin drain, and asks it to end; every wait is bounded, and
// when ctx ends, or the plugin does not follow, the group is killed. The
// process is gone when it returns, unless the kernel itself holds it. One that
// the gateway only came to lives on.
func (in *instance) shutdown(ctx context.Context, l limits) error {
	drain, cancel := context.WithTimeout(ctx, l.drain)
	defer cancel()
	var problem error
	select {
	case <-in.intake.Retire():
		if err := in.client.Drain(drain); err != nil && !in.ended() {
			problem = err
		}
		in.client.Close() //nolint:errcheck,gosec // Never fails; the streams end because we say so.
	case <-in.dead:
	case <-drain.Done():
		problem = fmt.Errorf("%d callbacks were still under way", in.intake.InFlight())
	}
	problem = errors.Join(problem, in.stop(ctx, l.grace))
	in.abandon()
	return problem
}

// abandon ends whatever is left of the process, the link and the files. It may
// be called in any condition.
func (in *instance) abandon() {
	if in.intake != nil {
		in.intake.Retire()
	}
	if in.client != nil {
		in.client.Close() //nolint:errcheck,gosec // Never fails.
	}
	in.release()
}
