package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The rows, by the names that the ratios use.
const (
	rowInProcess = "in-process net/http"
	rowNginx     = "nginx -> Go backend"
	rowStream    = "gateway, stream"
	rowUnary     = "gateway, unary"
	rowNeighbour = "gateway, noisy neighbour"
	rowSync      = "gateway, sync, 256 connections"
	rowDurable   = "gateway, durable, 256 connections"
)

// bench is one comparison: the servers it has started and what they did.
type bench struct {
	options options
	dir     string
	request request
	rows    []row
	running []*exec.Cmd

	keepingAdmin string // the admin side of the gateway that stores events
	backlog      backlog
}

// row is one way to serve the request.
type row struct {
	name        string
	addr        string
	request     request
	varied      bool // each request has another body; see requests
	connections int
	root        int // the process whose tree is charged with the CPU time
	runs        []sample
}

// build compiles the gateway and the plugins, for each row into a plugin folder of
// its own.
func (b *bench) build(ctx context.Context) error {
	for _, program := range []struct{ target, pkg string }{
		{"switchhook", "./cmd/switchhook"},
		{"stream/bench", "./cmd/bench/plugins/stream"},
		{"unary/bench", "./cmd/bench/plugins/unary"},
		{"neighbour/bench", "./cmd/bench/plugins/stream"},
		{"neighbour/noisy", "./cmd/bench/plugins/noisy"},
		{"keeping/bench", "./cmd/bench/plugins/stream"},
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(b.dir, program.target), program.pkg) //nolint:gosec // constants
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", program.pkg, err, out)
		}
	}
	return nil
}

// start starts every server that this machine has, idle until its turn.
func (b *bench) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if err := b.startRow(ctx, rowInProcess, self, "peer", "tcp"); err != nil {
		return err
	}
	if err := b.startNginx(ctx, self); err != nil {
		return err
	}
	if err := b.startGateway(ctx, rowStream, "stream"); err != nil {
		return err
	}
	if err := b.startGateway(ctx, rowUnary, "unary"); err != nil {
		return err
	}
	if err := b.startGateway(ctx, rowNeighbour, "neighbour"); err != nil {
		return err
	}
	return b.startKeeping(ctx)
}

// startGateway starts the whole gateway, with a Sign check whose window is wide
// enough for one signed request to serve the whole run.
func (b *bench) startGateway(ctx context.Context, name, plugins string) error {
	file := filepath.Join(b.dir, plugins+".yaml")
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	adminAddr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	if plugins == keeping {
		b.keepingAdmin = adminAddr
	}
	// Of two apps, one waits for the plugin and the other for the disk.
	text := fmt.Sprintf("listen: %q\nsign_window: 1h\nadmin: {listen: %q}\ndata_dir: %s\nplugin_dir: %s\n"+
		"apps: {%q: {tokens: [%[6]s], routes: {%[7]s: {mode: sync}}}, %[8]q: {tokens: [%[6]s]}}\n",
		addr, adminAddr, plugins+"-data", plugins, benchApp, benchToken, command, keepingApp)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return b.launch(ctx, name, addr, filepath.Join(b.dir, "switchhook"), "serve", "--config", file)
}

// startNginx starts nginx in front of a backend on a unix socket, where nginx is
// installed: what an operator would otherwise write by hand.
func (b *bench) startNginx(ctx context.Context, self string) error {
	nginx, _ := exec.LookPath("nginx")
	if nginx == "" {
		fmt.Fprintln(os.Stderr, "nginx is not installed, so its row is left out")
		return nil
	}
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("find the user: %w", err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	socket := filepath.Join(b.dir, "backend.sock")
	file := filepath.Join(b.dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(nginxConf, b.dir, socket, addr, me.Username)), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	script := fmt.Sprintf("%s peer %s & exec %s -c %s -p %s -e %s/nginx.log -g 'daemon off;'", self, socket, nginx, file, b.dir, b.dir)
	return b.launch(ctx, rowNginx, addr, "/bin/sh", "-c", script)
}

// nginxConf runs the workers as whoever runs the bench, who alone may enter its
// directory.
const nginxConf = `worker_processes 2;
user %[4]s;
pid %[1]s/nginx.pid;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	keepalive_requests 10000000;
	upstream backend { server unix:%[2]s; keepalive 128; keepalive_requests 10000000; }
	server {
		listen %[3]s;
		location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }
	}
}
`

func (b *bench) startRow(ctx context.Context, name, program string, args ...string) error {
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	return b.launch(ctx, name, addr, program, append(args, addr)...)
}

// launch starts a row's processes, in a group of their own, and waits until the
// request is answered as it should be.
func (b *bench) launch(ctx context.Context, name, addr, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // built or found by this program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log := filepath.Join(b.dir, strings.NewReplacer(" ", "_", "/", "_", ">", "").Replace(name)+".log")
	out, err := os.Create(log) //nolint:gosec // in our own directory
	if err != nil {
		return fmt.Errorf("make %s: %w", log, err)
	}
	defer out.Close() //nolint:errcheck // the child has its own descriptor
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	b.running = append(b.running, cmd)
	b.rows = append(b.rows, row{name: name, addr: addr, request: b.request, connections: b.options.connections, root: cmd.Process.Pid})
	return b.await(ctx, name, addr, log)
}

func (b *bench) await(ctx context.Context, name, addr, log string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := b.request.try(ctx, addr)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := os.ReadFile(log) //nolint:gosec // our own log
			return fmt.Errorf("%s does not answer: %w\n%s", name, err, text)
		}
	}
}

// stop ends every process that was started, with its children.
func (b *bench) stop() {
	for _, cmd := range b.running {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	for _, cmd := range b.running {
		late := time.AfterFunc(10*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		_ = cmd.Wait()
		late.Stop()
	}
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close() //nolint:errcheck // nothing was accepted
	return l.Addr().String(), nil
}

// servePeer is the hand-written backend: decode the JSON, answer. ARGS is "tcp
// ADDR" for the in-process row, or the path of a unix socket behind nginx.
func servePeer(ctx context.Context, args []string) error {
	floor := make([]byte, 64<<20) // as the gateway and its plugins have it
	defer runtime.KeepAlive(floor)
	network, addr := "unix", args[0]
	if args[0] == "tcp" && len(args) > 1 {
		network, addr = "tcp", args[1]
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, network, addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := http.Server{Handler: http.HandlerFunc(answer), ReadHeaderTimeout: 2 * time.Second}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func answer(w http.ResponseWriter, r *http.Request) {
	if err := decode(r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(okReply)))
	_, _ = w.Write([]byte(okReply))
}
