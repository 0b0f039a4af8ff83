package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// clusterSize is how many nodes there are, and how many copies of each message.
const clusterSize = 3

// nodesReady bounds the time from the start of the nodes to their first stream.
const nodesReady = 60 * time.Second

// node is one nats-server.
type node struct {
	client, route string // addresses
	process       *exec.Cmd
	log           string
}

// startNodes starts a cluster of nats-servers that flush what they acknowledge.
func (c *cluster) startNodes(ctx context.Context) error {
	found, err := exec.CommandContext(ctx, "go", "tool", "-modfile=.ci/nats/go.mod", "-n", "nats-server").Output()
	if err != nil {
		return fmt.Errorf("build nats-server: %w", err)
	}
	program := strings.TrimSpace(string(found))
	var routes []string
	for range clusterSize {
		n := node{}
		if n.client, err = freeAddr(ctx); err != nil {
			return err
		}
		if n.route, err = freeAddr(ctx); err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
		routes = append(routes, "nats://"+n.route)
	}
	for i := range c.nodes {
		if err := c.startNode(ctx, program, i, routes); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) startNode(ctx context.Context, program string, i int, routes []string) error {
	n := &c.nodes[i]
	name := fmt.Sprintf("n%d", i+1)
	text := fmt.Sprintf("server_name: %[1]s\nlisten: %[2]q\nmax_payload: 1MB\n"+
		"jetstream { store_dir: %[3]q, sync_interval: always, max_file_store: 8GB }\n"+
		"cluster { name: bench, listen: %[4]q, routes: [%[5]s] }\n",
		name, n.client, filepath.Join(c.dir, name), n.route, strings.Join(routes, ", "))
	file := filepath.Join(c.dir, name+".conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	n.log = filepath.Join(c.dir, name+".log")
	n.process = exec.CommandContext(ctx, program, "-c", file, "-l", n.log) //nolint:gosec // built by the Go tool
	n.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := n.process.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	return nil
}

// servers are the addresses for clients.
func (c *cluster) servers() []string {
	all := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		all[i] = "nats://" + n.client
	}
	return all
}

// connect waits until the nodes are a cluster.
func (c *cluster) connect(ctx context.Context) error {
	nc, err := nats.Connect(strings.Join(c.servers(), ","), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	c.conn = nc
	if c.js, err = jetstream.New(nc, jetstream.WithDefaultTimeout(10*time.Second)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, nodesReady)
	defer cancel()
	for {
		err := c.first(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			text, _ := os.ReadFile(c.nodes[0].log)
			return fmt.Errorf("the nodes are no cluster: %w\n%s", err, text)
		}
	}
}

// first makes a stream and takes it away. What is asked before there is a leader is
// not answered.
func (c *cluster) first(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	const name = "FIRST"
	if err := c.stream(ctx, name, false); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return err
	}
	return c.drop(ctx, name)
}

// stream makes one of as many copies as there are nodes, whose subject is its name.
func (c *cluster) stream(ctx context.Context, name string, atomic bool) error {
	_, err := c.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{name}, Storage: jetstream.FileStorage, Replicas: clusterSize,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: 2 << 30,
		Duplicates: 2 * time.Minute, AllowAtomicPublish: atomic,
	})
	if err != nil {
		return fmt.Errorf("create the stream %s: %w", name, err)
	}
	return nil
}

func (c *cluster) drop(ctx context.Context, name string) error {
	if err := c.js.DeleteStream(ctx, name); err != nil {
		return fmt.Errorf("delete the stream %s: %w", name, err)
	}
	return nil
}

// cpu is what the nodes, and nothing else, have used so far, in seconds.
func (c *cluster) cpu() (all, nodes float64, err error) {
	for _, n := range c.nodes {
		used, failed := cpuSeconds(n.process.Process.Pid)
		nodes, err = nodes+used, errors.Join(err, failed)
	}
	return nodes, nodes, err
}

func (c *cluster) stopNodes() {
	if c.conn != nil {
		c.conn.Close()
	}
	for _, n := range c.nodes {
		if n.process != nil && n.process.Process != nil {
			_ = n.process.Process.Kill()
			_ = n.process.Wait()
		}
	}
}
