package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/switchhook/switchhook/sdk/wire"
)

// killPatience is how long the host waits for what SIGKILL should do at once: a
// process that a driver holds in the kernel may take its time, or for ever.
const killPatience = 5 * time.Second

// instance is one process of a plugin with the link to it. A process that the
// gateway has started has a proc; one that it only came to has attached.
type instance struct {
	program  staged
	sockets  string
	log      *slog.Logger
	proc     *process
	library  *plugin.Client
	attached *attached
	readyAt  time.Time

	// What bringUp achieved, in this order.
	shook       bool
	client      *wire.Client
	description *wire.Description
	configured  bool
	intake      *intake
}

// bringUp takes the process from fork to ready.
func (in *instance) bringUp(ctx context.Context, p plan, dataDir string) error {
	client, err := in.connect(ctx)
	if err != nil {
		return err
	}
	in.shook, in.client = true, client
	description, err := client.Describe(ctx)
	if err != nil {
		return err
	}
	in.description = &description
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
	in.intake = newIntake(client)
	return nil
}

// stage says how far bringUp came.
func (in *instance) stage() string {
	switch {
	case !in.shook:
		return "no handshake"
	case in.description == nil:
		return "no answer to Describe"
	case !in.configured:
		return "no answer to Configure"
	default:
		return "not healthy or no stream"
	}
}

// connect runs go-plugin's blocking start. When ctx ends first the process is
// killed, which makes go-plugin return.
func (in *instance) connect(ctx context.Context) (*wire.Client, error) {
	if in.attached != nil {
		return wire.NewClient(in.attached.conn, wire.ClientOptions{Logger: in.log}), nil
	}
	type result struct {
		client *wire.Client
		err    error
	}
	done := make(chan result, 1)
	go func() {
		client, err := dial(in.library)
		done <- result{client, err}
	}()
	stop := context.AfterFunc(ctx, in.proc.kill)
	defer stop()
	r := <-done
	return r.client, r.err
}

// dial has go-plugin start the process and connect to it. go-plugin reads what
// the plugin sent, and a panic in it must cost this start only.
func dial(library *plugin.Client) (client *wire.Client, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("start by go-plugin panicked: %v\n%s", r, debug.Stack())
		}
	}()
	protocol, err := library.Client()
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	end, err := protocol.Dispense(wire.PluginKey)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	client, ok := end.(*wire.Client)
	if !ok {
		return nil, fmt.Errorf("connect: the link is a %T", end)
	}
	return client, nil
}

// pid is the process's, for people.
func (in *instance) pid() int {
	if in.attached != nil {
		return in.attached.pid
	}
	return int(in.proc.pid.Load())
}

// dead is closed when the process has ended, or its connection where that is all
// there is to see.
func (in *instance) dead() <-chan struct{} {
	if in.attached != nil {
		return in.attached.gone
	}
	return in.proc.dead
}

func (in *instance) ended() bool {
	select {
	case <-in.dead():
		return true
	default:
		return false
	}
}

// fate says how the process came to its end.
func (in *instance) fate() (exitReason, error) {
	if in.attached != nil {
		return exitClean, errDetached
	}
	end := in.proc.exitCause()
	return end.reason(), fmt.Errorf("it %s", end)
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
	case <-in.dead():
	case <-drain.Done():
		problem = fmt.Errorf("%d callbacks were still under way", in.intake.inFlight())
	}
	if in.attached != nil {
		in.abandon()
		return problem
	}
	in.proc.terminate()
	grace, cancelGrace := context.WithTimeout(ctx, l.grace)
	defer cancelGrace()
	select {
	case <-in.proc.dead:
	case <-grace.Done():
		problem = errors.Join(problem, errors.New("SIGTERM was not followed in time, so it was killed"))
	}
	in.abandon()
	return problem
}

// abandon ends whatever is left of the process, the link and the files. It may
// be called in any condition.
func (in *instance) abandon() {
	if in.proc != nil {
		in.proc.kill()
	}
	if in.intake != nil {
		in.intake.retire()
	}
	if in.client != nil {
		in.client.Close() //nolint:errcheck,gosec // Never fails.
	}
	if in.attached != nil {
		in.attached.leave()
		return
	}
	if in.proc.pid.Load() > 0 && !in.proc.awaitDone(killPatience) {
		in.log.Error("plugin process cannot be killed: the kernel holds it", "pid", in.proc.pid.Load())
		return // its files stay for the next start's sweep
	}
	// The process is dead, so that Kill only lets go of go-plugin's connection
	// and goroutines; it has no bound of its own.
	released := make(chan struct{})
	go func() {
		defer close(released)
		in.library.Kill()
	}()
	timeout := time.NewTimer(killPatience)
	defer timeout.Stop()
	select {
	case <-released:
	case <-timeout.C:
		in.log.Error("go-plugin does not let go of a dead process", "pid", in.proc.pid.Load())
	}
	in.program.remove()
	os.RemoveAll(in.sockets) //nolint:errcheck,gosec // Swept at the next start if it stays.
}
