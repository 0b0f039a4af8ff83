// Package natstest runs real NATS servers on loopback, for tests: one, or a cluster, and
// does to them what happens to machines. A node is killed, stopped, held, cut off from the
// others, started again, and loses its disk.
//
// Every connection, of clients as of the nodes among each other, goes through a relay of
// the test. So a node has one address as long as the test lasts, however often its process
// is started, and ports are never guessed: each side binds what is free. A cut is made in
// the relays: nothing passes in either direction, the end of a connection neither, and
// nobody is told, as when a cable is pulled. The nodes know no other way to each other:
// what they advertise for their routes leads nowhere.
package natstest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience bounds every wait; nothing is ever measured by it.
const patience = 3 * time.Minute

// Options say what the servers are like. The zero value is what production is like: a
// JetStream that syncs every write, without names and keys.
type Options struct {
	// NoJetStream leaves it out.
	NoJetStream bool
	// MaxStore is what a node stores at the most, in bytes; 0 means 1 GiB.
	MaxStore int64
	// MaxPayload is the longest message, in bytes; 0 means the server's own, 1 MiB.
	MaxPayload int
	// Users may connect; without any, everybody may, unless NKeys or Operator say else.
	Users []User
	// NKeys are the public keys of users that prove that they have the other half.
	NKeys []string
	// Operator has users show credentials that it has signed.
	Operator *Operator
	// TLS is what the servers show to their clients.
	TLS *Certificates
	// VerifyClients has clients show a certificate of the same authority.
	VerifyClients bool
	// JetStream is more of the configuration's jetstream block, as it stands there.
	JetStream string
	// Config is more of the server's configuration, as it stands there.
	Config string
}

// User is one that shows a password.
type User struct {
	Name, Password string
	// Permissions are what it may do, as it stands in the server's configuration; empty
	// means everything.
	Permissions string
}

// Start starts one server, and ends it with the test.
func Start(tb testing.TB, o Options) *Node {
	tb.Helper()
	return newCluster(tb, 1, o).Nodes[0]
}

// Cluster is nodes that know each other. Its methods, and those of its nodes, are for
// the goroutine of the test.
type Cluster struct {
	Nodes []*Node

	tb  testing.TB
	dir string
}

// NewCluster starts n nodes, and returns when they work together. They end with the test.
func NewCluster(tb testing.TB, n int, o Options) *Cluster {
	tb.Helper()
	c := newCluster(tb, n, o)
	if !o.NoJetStream {
		c.Settled()
	}
	return c
}

func newCluster(tb testing.TB, n int, o Options) *Cluster {
	tb.Helper()
	program, err := program()
	if err != nil {
		tb.Fatal(err)
	}
	c := &Cluster{tb: tb}
	if c.dir, err = os.MkdirTemp("", "nats"); err != nil { //nolint:usetesting // it is removed when the processes have ended
		tb.Fatal(err)
	}
	for i := range n {
		name := fmt.Sprintf("n%d", i+1)
		c.Nodes = append(c.Nodes, &Node{
			Name: name, tb: tb, program: program, dir: filepath.Join(c.dir, name), options: o, network: newGate(),
			alone: n == 1,
		})
	}
	tb.Cleanup(c.clear)
	for _, node := range c.Nodes {
		node.connect(c.Nodes)
	}
	for _, node := range c.Nodes {
		node.launch()
	}
	for _, node := range c.Nodes {
		node.await()
	}
	return c
}

// URLs are the addresses of all nodes, for clients.
func (c *Cluster) URLs() []string {
	var urls []string
	for _, n := range c.Nodes {
		urls = append(urls, n.URL())
	}
	return urls
}

// clear ends everything, and tells what the servers have said where the test failed.
func (c *Cluster) clear() {
	for _, n := range c.Nodes {
		n.Kill()
		if c.tb.Failed() {
			c.tb.Logf("what %s of %s said last:\n%s", n.Name, c.tb.Name(), n.said.end())
		}
	}
	for _, n := range c.Nodes {
		n.disconnect()
	}
	if err := os.RemoveAll(c.dir); err != nil {
		c.tb.Error(err)
	}
}
