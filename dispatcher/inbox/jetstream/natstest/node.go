package natstest

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Node is a server: a process, its disk, and its connections.
type Node struct {
	// Name is what the server calls itself.
	Name string

	tb      testing.TB
	program string
	dir     string
	options Options
	alone   bool
	said    tail

	network *gate    // shut while the node is cut off
	clients *relay   // in front of the port for clients
	routes  []*relay // to every node, itself included, as this one dials them
	reached []*relay // from every node, to this one

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	held bool

	at ports // where the process listens
}

// URL is the address for clients. It stays the same when the node is started again.
func (n *Node) URL() string {
	scheme := "nats://"
	if n.options.TLS != nil {
		scheme = "tls://"
	}
	return scheme + n.clients.address()
}

// Start starts the node again after [Node.Kill] or [Node.Stop], at the same address and
// with what is on its disk.
func (n *Node) Start() {
	n.tb.Helper()
	n.launch()
	n.await()
}

// launch starts the process.
func (n *Node) launch() {
	n.tb.Helper()
	if n.cmd != nil {
		n.tb.Fatalf("node %s runs already", n.Name)
	}
	config, err := n.configure()
	if err != nil {
		n.tb.Fatal(err)
	}
	cmd := exec.Command(n.program, "-c", config) //nolint:gosec,noctx // built here; Kill ends it
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "GOMEMLIMIT=256MiB")
	cmd.Stdout, cmd.Stderr = &n.said, &n.said
	if err := cmd.Start(); err != nil {
		n.tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // ProcessState has it
	}()
	n.cmd, n.done, n.held = cmd, done, false
}

// await waits until the process serves.
func (n *Node) await() {
	n.tb.Helper()
	eventually(n.tb, "node "+n.Name+" serves", func() bool {
		if n.ended() {
			n.tb.Fatalf("node %s has ended: %s\n%s", n.Name, n.cmd.ProcessState, n.said.end())
		}
		at, ok := n.listens()
		if !ok {
			return false
		}
		n.at = at
		n.clients.lead(at.clients)
		n.incoming(at.routes)
		status, err := n.health()
		return err == nil && (status == http.StatusOK || !n.alone)
	})
}

func (n *Node) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

// Kill ends the process as kill -9 does, or a power cut but for what the disk holds. It
// does nothing where none runs.
func (n *Node) Kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill() // it may have ended
	n.gone()
}

// Stop ends the process as a service manager does.
func (n *Node) Stop() {
	n.tb.Helper()
	if n.cmd == nil {
		return
	}
	n.signal(syscall.SIGTERM)
	eventually(n.tb, "node "+n.Name+" ends", n.ended)
	n.gone()
}

func (n *Node) gone() {
	<-n.done
	n.cmd, n.at = nil, ports{}
	n.clients.lead("")
	n.incoming("")
}

// Pause holds the process where it is: its connections stay open, and nobody answers.
func (n *Node) Pause() {
	n.tb.Helper()
	n.signal(syscall.SIGSTOP)
	n.held = true
	stat := filepath.Join("/proc", strconv.Itoa(n.cmd.Process.Pid), "stat")
	eventually(n.tb, "node "+n.Name+" is held", func() bool {
		text, err := os.ReadFile(stat) //nolint:gosec // of the process started here
		if errors.Is(err, os.ErrNotExist) {
			return true // a system that does not tell
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		return strings.HasPrefix(rest, "T")
	})
}

// Resume has the process go on after [Node.Pause].
func (n *Node) Resume() {
	n.tb.Helper()
	n.signal(syscall.SIGCONT)
	n.held = false
}

func (n *Node) signal(s syscall.Signal) {
	n.tb.Helper()
	if n.cmd == nil {
		n.tb.Fatalf("node %s does not run", n.Name)
	}
	if err := n.cmd.Process.Signal(s); err != nil {
		n.tb.Fatalf("signal node %s: %v", n.Name, err)
	}
}

// Wipe removes what is on the disk of a node that does not run.
func (n *Node) Wipe() {
	n.tb.Helper()
	if n.cmd != nil {
		n.tb.Fatalf("node %s runs: its disk is in use", n.Name)
	}
	if err := os.RemoveAll(n.store()); err != nil {
		n.tb.Fatal(err)
	}
}

// ports are where a process listens.
type ports struct{ clients, routes, monitor string }

// listens reads where the process listens; it writes that down once it does.
func (n *Node) listens() (ports, bool) {
	pattern := filepath.Join(n.dir, "*_"+strconv.Itoa(n.cmd.Process.Pid)+".ports")
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		return ports{}, false
	}
	text, err := os.ReadFile(files[0])
	var all struct {
		Nats       []string `json:"nats"`
		Monitoring []string `json:"monitoring"`
		Cluster    []string `json:"cluster"`
	}
	if err != nil || json.Unmarshal(text, &all) != nil || len(all.Nats) == 0 || len(all.Monitoring) == 0 {
		return ports{}, false
	}
	at := ports{clients: host(all.Nats[0]), monitor: host(all.Monitoring[0])}
	if len(all.Cluster) != 0 {
		at.routes = host(all.Cluster[0])
	}
	return at, true
}

// host is what comes after the scheme of a URL.
func host(url string) string {
	_, address, _ := strings.Cut(url, "://")
	return address
}

// eventually waits for a condition.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatalf("never: %s", what)
		}
	}
}
