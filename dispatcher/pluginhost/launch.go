package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk/wire"
)

// launcher turns plans into ready processes. It holds what all plugins share
// and keeps no account of the processes it made.
type launcher struct {
	exec         []string // runs the hidden step
	sockets      string   // root of the socket directories
	store        store
	spawner      *spawner
	startTimeout time.Duration
	user         int // whose waiting plugins may be attached to
}

// launch starts one process of prog for p and brings it to ready: handshake, Describe,
// Configure, health, stream. When ctx ends or anything fails, nothing is left
// of it, and the error says what to do.
func (l *launcher) launch(ctx context.Context, p plan, prog program, number int, log *slog.Logger, printed func(slog.Level)) (*instance, error) {
	limit := l.startTimeout
	if p.debug {
		limit = noHurry
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if p.reattach != "" {
		return l.attach(ctx, p, log)
	}
	dataDir, err := l.store.dataDir(p.name)
	if err != nil {
		return nil, err
	}
	if err := l.store.recheck(p, prog); err != nil {
		return nil, err
	}
	sockets, err := os.MkdirTemp(l.sockets, dirPattern)
	if err != nil {
		return nil, fmt.Errorf("make a socket directory: %w", err)
	}
	c := &child{program: prog, sockets: sockets, log: log}
	level, err := p.leastLevel(levelOfLog(ctx, log))
	if err != nil {
		return nil, err
	}
	sink := newLogSink(log, level, printed, time.Now)
	sink.curtain = newCurtain(p)
	out := newStdout(p.name, p.mtls, wire.ProtocolVersion, sink)
	confined, env, err := p.confine(premises{
		data: filepath.Dir(l.store.root), program: prog.file, inPlace: prog.inPlace,
		dataDir: dataDir, sockets: sockets, runtime: l.sockets,
	})
	if err != nil {
		os.RemoveAll(sockets) //nolint:errcheck,gosec // Swept at the next start if it stays.
		return nil, err
	}
	env = append(env, wire.LogLevelKey+"="+level.String())
	c.proc = newProcess(l.command(dataDir, sockets, env), prog.file, p.path, l.spawner, out, &lines{sink: sink, stream: "stderr"})
	c.proc.confined = confined
	c.library = plugin.NewClient(l.libraryConfig(p, c, sink, limit))

	in := &instance{end: c, dead: c.proc.dead, log: log, sha256: prog.sha256, number: number, curtain: sink.curtain}
	if err := in.bringUp(ctx, p, dataDir); err != nil {
		err = in.curtain.err(c.explain(ctx, limit, in.progress, err))
		in.abandon()
		return nil, err
	}
	in.readyAt, in.inForce = time.Now(), c.proc.inForce
	return in, nil
}

// command prepares the hidden step with the whole environment that a plugin
// gets, of which env is its own. Secrets travel by Configure, never here.
func (l *launcher) command(dataDir, sockets string, env []string) *exec.Cmd {
	cmd := exec.Command(l.exec[0], l.exec[1:]...) //nolint:gosec,noctx // The step outlives any context; collect ends it.
	cmd.Dir = dataDir
	for _, key := range wire.Environment() {
		if value, ok := os.LookupEnv(key); ok {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
	}
	for _, v := range env {
		cmd.Env = append(cmd.Env, forPlugin+v)
	}
	cmd.Env = append(cmd.Env, plugin.EnvUnixSocketDir+"="+sockets)
	return cmd
}

// libraryConfig is go-plugin's part of a start. The runner takes from go-plugin's
// own command only the variables of the handshake.
func (l *launcher) libraryConfig(p plan, c *child, sink *logSink, limit time.Duration) *plugin.ClientConfig {
	return &plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		Plugins:          plugin.PluginSet{wire.PluginKey: &wire.Plugin{Options: wire.ClientOptions{Logger: c.log}}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         p.mtls != MTLSOff,
		SkipHostEnv:      true,
		StartTimeout:     limit,
		Logger:           newLibraryLog(c.log),
		GRPCDialOptions:  wire.DialOptions(),
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: c.sockets},
		SyncStdout:       &lines{sink: sink, stream: "stdout"},
		SyncStderr:       &lines{sink: sink, stream: "stderr"},
		RunnerFunc: func(_ hclog.Logger, theirs *exec.Cmd, _ string) (runner.Runner, error) {
			for _, v := range theirs.Env {
				switch key, _, _ := strings.Cut(v, "="); key {
				case plugin.EnvUnixSocketDir: // ours is shorter
				case wire.CookieKey:
					c.proc.cookie = v
				default:
					c.proc.cmd.Env = append(c.proc.cmd.Env, v)
				}
			}
			return c.proc, nil
		},
	}
}

// explain words the failure of a start and ends the process. What the process
// itself said or did last is nearer to the cause than what the link made of it.
func (c *child) explain(ctx context.Context, limit time.Duration, got progress, err error) error {
	died := c.proc.ended()
	if !died && status.Code(err) == codes.Unavailable {
		died = c.proc.endsWithin(afterlife) // the end of its socket is seen before its own
	}
	c.proc.kill()
	c.proc.awaitDone(killPatience)
	if _, ok := errors.AsType[*startError](err); ok {
		return err
	}
	if failure := c.proc.out.failure(); failure != nil {
		return failure
	}
	if failed, ok := errors.AsType[*stepError](err); ok {
		return c.explainExec(failed)
	}
	// A plugin that heeds the deadline says so in the words of a refusal.
	if refused, ok := errors.AsType[*wire.RefusedError](err); ok && ctx.Err() == nil {
		return explainRefusal(refused)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it was not ready within %s (%s): %w%s", limit, got, context.DeadlineExceeded, c.lastSaid())
	case ctx.Err() != nil:
		return fmt.Errorf("start given up: %w", ctx.Err())
	case died:
		return c.explainDeath(got)
	default:
		return c.explainLink(got, err)
	}
}

// explainRefusal tells what is wrong with the settings from what is not.
func explainRefusal(refused *wire.RefusedError) error {
	if why, failed := refused.StartFailed(); failed {
		return fmt.Errorf("its Start failed: %s", why)
	}
	return fmt.Errorf("it refuses its configuration: %w", refused)
}

// lastSaid is the end of a sentence: what the process printed last.
func (c *child) lastSaid() string {
	if last := c.proc.lastWords(); last != "" {
		return "; it said last: " + clip(last, 4*maxShownLine)
	}
	return ""
}

// explainLink words a failure of the link to a process that lives.
func (c *child) explainLink(got progress, err error) error {
	if got.described {
		return fmt.Errorf("%w%s", err, c.lastSaid())
	}
	return &startError{reason: exitHandshake, err: fmt.Errorf("the link could not be used, look at plugins.%s.mtls "+
		"(auto speaks TLS, off plaintext): %w%s", c.proc.out.name, err, c.lastSaid())}
}

// explainDeath words the end of a process that was starting. One that said no
// handshake and ended in good order, or was built for another host, is no
// plugin; one that fails may fare better next time.
func (c *child) explainDeath(got progress) error {
	end := c.proc.exitCause()
	switch reason := end.reason(); {
	case reason == exitLimit, reason == exitOOM:
		return &startError{reason: reason, err: fmt.Errorf("it ended while starting (%s): it %s", got, end)}
	case got.shook:
		return fmt.Errorf("it %s while starting (%s)", end, got)
	}
	if end.brokenOff() {
		return &startError{reason: exitHandshake, err: fmt.Errorf("it %s, without a handshake on standard output; the file may be %s", end, incompleteCopy)}
	}
	foreign := end.printed("This binary is a plugin.")
	return &startError{
		reason:    exitHandshake,
		permanent: foreign || end.reason() == exitClean,
		err:       fmt.Errorf("it is no Switchhook plugin, or ended too soon: it %s, without a handshake on standard output", end),
	}
}

// explainExec words the failure of the last step before the plugin itself.
func (c *child) explainExec(failed *stepError) error {
	switch failed.errno {
	case syscall.ENOEXEC:
		return refuse(exitStart, "this machine (%s) cannot run it, it is %s: %w",
			thisPlatform(), platformOf(c.program.file), failed)
	case syscall.ENOENT:
		return refuse(exitStart, "the interpreter or loader that it asks for is missing: %w", failed)
	case syscall.EACCES:
		return refuse(exitStart, "the system forbids to run it: perhaps %s is mounted noexec, or isolation.landlock keeps it from the loader "+
			"or interpreter that it needs, which read would have to list (CGO_ENABLED=0 builds a Go program that needs none): %w",
			filepath.Dir(c.program.file), failed)
	default:
		return failed
	}
}
