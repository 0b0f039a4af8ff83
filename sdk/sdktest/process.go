package sdktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	gorunner "github.com/hashicorp/go-plugin/runner"

	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
)

// begin begins the plugin in a process of its own, as the gateway does. The plugin
// itself is found anew there.
func (p place) begin(_ serve.Plugin, logger *slog.Logger) (*wire.Client, func(context.Context) error, error) {
	dir, err := os.MkdirTemp("", "sh") // short: a socket's path has a limit
	if err != nil {
		return nil, nil, fmt.Errorf("make socket directory: %w", err)
	}
	said := &lines{logger: logger}
	c := &child{dir: dir, said: said}
	client, err := c.start(p, logger)
	if err != nil {
		_ = c.end() // why it did not start says more
		return nil, nil, err
	}
	return client, func(ctx context.Context) error { return c.stop(ctx, client) }, nil
}

// child is a plugin's process.
type child struct {
	dir     string // its socket's, and for its temporary files
	runner  *runner
	library *plugin.Client
	said    *lines
}

func (c *child) start(p place, logger *slog.Logger) (*wire.Client, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the test binary: %w", err)
	}
	temporary := filepath.Join(c.dir, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		return nil, fmt.Errorf("make a temporary directory: %w", err)
	}
	cmd := exec.Command(program, p.args()...) //nolint:gosec,noctx // this program; stop ends it
	for _, key := range environment() {
		if value, ok := os.LookupEnv(key); ok {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
	}
	cmd.Env = append(cmd.Env, placeKey+"="+p.String(), plugin.EnvUnixSocketDir+"="+c.dir, "TMPDIR="+temporary)
	c.runner = newRunner(cmd)
	c.library = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		Plugins:          plugin.PluginSet{wire.PluginKey: &wire.Plugin{Options: wire.ClientOptions{Logger: logger}}},
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: c.dir},
		RunnerFunc: func(_ hclog.Logger, theirs *exec.Cmd, _ string) (gorunner.Runner, error) {
			for _, v := range theirs.Env { // the handshake's
				if !strings.HasPrefix(v, plugin.EnvUnixSocketDir+"=") { // ours is shorter
					cmd.Env = append(cmd.Env, v)
				}
			}
			return c.runner, nil
		},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		GRPCDialOptions:  wire.DialOptions(),
		// A logger that is off keeps go-plugin from parsing the plugin's lines, some
		// of which would make it panic.
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		Stderr: c.said,
	})
	protocol, err := c.library.Client()
	if err != nil {
		_ = c.release() // waits for what the process said last
		c.said.flush()
		why, _, _ := strings.Cut(err.Error(), ": \n") // what follows is go-plugin's guess
		return nil, fmt.Errorf("the process of %s did not become a plugin; it runs the test again, which has to come to the same call there: %s%s", p, why, c.said.last())
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

// environment names the variables that the gateway lets a plugin see, and those
// that the tools of a test need. There is a directory for temporary files instead.
func environment() []string {
	return slices.DeleteFunc(append(wire.Environment(), "GOCOVERDIR", "GORACE"), func(key string) bool { return key == "TMPDIR" })
}

// stop drains the plugin and ends the process in good order.
func (c *child) stop(ctx context.Context, client *wire.Client) error {
	problem := client.Drain(ctx)
	_ = settle(ctx, func() bool { return client.InFlight() == 0 }) // the drain says what is left
	_ = client.Close()                                             // has no error of its own
	if c.runner.hasEnded() {
		problem = errors.New("the process had ended before it was stopped")
	} else {
		problem = errors.Join(problem, c.runner.terminate())
	}
	select {
	case <-c.runner.dead:
	case <-ctx.Done():
		problem = errors.Join(problem, fmt.Errorf("the process does not end: %w", ctx.Err()))
	}
	return errors.Join(problem, c.end()) //nolint:contextcheck // the end is bounded by itself
}

// end ends what is left of the process, in any condition, and says how it ended.
func (c *child) end() error {
	problem := c.release()
	c.said.flush()
	if c.runner != nil && c.runner.hasEnded() && !c.runner.cmd.ProcessState.Success() {
		problem = errors.Join(problem, fmt.Errorf("the process ended with %s%s", c.runner.cmd.ProcessState, c.said.last()))
	}
	if err := os.RemoveAll(c.dir); err != nil {
		problem = errors.Join(problem, fmt.Errorf("remove: %w", err))
	}
	return problem
}

// killPatience is how long the end of a killed process may take: one that the
// kernel holds takes its time, or for ever.
const killPatience = 5 * time.Second

// release kills what is left of the process and lets go of go-plugin, whose Kill
// has no bound of its own.
func (c *child) release() error {
	if c.library == nil {
		return nil
	}
	_ = c.runner.Kill(context.Background()) // has no error of its own
	released := make(chan struct{})
	go func() {
		defer close(released)
		c.library.Kill()
	}()
	timeout := time.NewTimer(killPatience)
	defer timeout.Stop()
	select {
	case <-released:
		return nil
	case <-timeout.C:
		return fmt.Errorf("process %s cannot be killed", c.runner.ID())
	}
}
