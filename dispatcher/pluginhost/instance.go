package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// instance is one process of a plugin with the link to it.
type instance struct {
	end
	progress

	log     *slog.Logger
	sha256  string // of the program; empty where the gateway has not started it
	readyAt time.Time
	// dead is closed when the process has ended, or its connection where that is
	// all there is to see.
	dead <-chan struct{}

	// What bringUp achieved, in this order.
	client      *wire.Client
	pid         int // for people
	description *wire.Description
	intake      *intake
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
	config := p.config
	if len(config) == 0 {
		config = []byte("{}")
	}
	if err := client.Configure(ctx, wire.Configuration{Config: config, DataDir: dataDir, PluginName: p.name}); err != nil {
		return err
	}
	in.configured = true
	if err := client.Healthy(ctx); err != nil && !p.debug {
		return fmt.Errorf("it is not healthy after its start: %w", err)
	}
	if err := client.Open(ctx); err != nil {
		return err
	}
	in.intake = newIntake(client, in.dead)
	return nil
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
	case <-in.intake.retire():
		if err := in.client.Drain(drain); err != nil && !in.ended() {
			problem = err
		}
		in.client.Close() //nolint:errcheck,gosec // Never fails; the streams end because we say so.
	case <-in.dead:
	case <-drain.Done():
		problem = fmt.Errorf("%d callbacks were still under way", in.intake.inFlight())
	}
	problem = errors.Join(problem, in.stop(ctx, l.grace))
	in.abandon()
	return problem
}

// abandon ends whatever is left of the process, the link and the files. It may
// be called in any condition.
func (in *instance) abandon() {
	if in.intake != nil {
		in.intake.retire()
	}
	if in.client != nil {
		in.client.Close() //nolint:errcheck,gosec // Never fails.
	}
	in.release()
}
