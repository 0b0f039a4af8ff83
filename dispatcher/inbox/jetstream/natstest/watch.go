package natstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Settled waits until the nodes work together: all that run agree on who leads what, and
// each has all that it is to have. Nodes that do not run, are held or cut off are not
// asked, but a stream with a replica on one of them is not settled.
func (c *Cluster) Settled() {
	c.tb.Helper()
	last := ""
	defer func() {
		if c.tb.Failed() {
			c.tb.Logf("the cluster is not settled: %s", last)
		}
	}()
	eventually(c.tb, "the cluster is settled", func() bool {
		last = c.unsettled()
		return last == ""
	})
}

// unsettled says why the cluster is not settled.
func (c *Cluster) unsettled() string {
	asked := 0
	for _, n := range c.Nodes {
		if !n.answers() {
			continue
		}
		asked++
		if status, err := n.health(); err != nil || status != http.StatusOK {
			return fmt.Sprintf("%s is not healthy: %d, %v", n.Name, status, err)
		}
		state, err := n.state()
		if err != nil {
			return err.Error()
		}
		if why := state.unsettled(n.Name, len(c.Nodes)); why != "" {
			return n.Name + " says: " + why
		}
	}
	if asked == 0 {
		return "no node runs"
	}
	return ""
}

// Leader waits until the stream has a leader, and returns it. Stream "" means what leads
// the cluster itself. A stream's name is looked for in all accounts.
func (c *Cluster) Leader(stream string) *Node {
	c.tb.Helper()
	var leader *Node
	eventually(c.tb, "there is a leader of "+stream, func() bool {
		for _, n := range c.Nodes {
			if !n.answers() {
				continue
			}
			if state, err := n.state(); err == nil && state.leader(stream) == n.Name {
				leader = n
				return true
			}
		}
		return false
	})
	return leader
}

// answers reports whether the node may be asked for what it knows.
func (n *Node) answers() bool { return n.cmd != nil && !n.held && !n.cut() }

// health returns how the server says that it is.
func (n *Node) health() (status int, err error) { return n.monitor("/healthz", nil) }

func (n *Node) state() (state, error) {
	var s state
	_, err := n.monitor("/jsz?accounts=true&streams=true", &s)
	return s, err
}

// monitor asks the process past the network.
func (n *Node) monitor(path string, answer any) (status int, err error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + n.at.monitor + path) //nolint:noctx // it has a timeout
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", n.Name, err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	if answer != nil {
		if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
			return 0, fmt.Errorf("read what %s says: %w", n.Name, err)
		}
	}
	return res.StatusCode, nil
}

// state is what a server says of its JetStream.
type state struct {
	Meta     group `json:"meta_cluster"`
	Accounts []struct {
		Streams []struct {
			Name  string `json:"name"`
			Group group  `json:"cluster"`
		} `json:"stream_detail"`
	} `json:"account_details"`
}

// group is those that agree on something, as one of them sees it. Only the leader knows
// of all replicas how they are.
type group struct {
	Leader   string `json:"leader"`
	Size     int    `json:"cluster_size"`
	Replicas []struct {
		Name    string `json:"name"`
		Current bool   `json:"current"`
		Offline bool   `json:"offline"`
	} `json:"replicas"`
}

func (s state) leader(stream string) string {
	if stream == "" {
		return s.Meta.Leader
	}
	for _, a := range s.Accounts {
		for _, one := range a.Streams {
			if one.Name == stream {
				return one.Group.Leader
			}
		}
	}
	return ""
}

// unsettled says what is amiss, as the server of that name sees it.
func (s state) unsettled(name string, nodes int) string {
	if nodes > 1 && s.Meta.Size != nodes {
		return fmt.Sprintf("%d of %d nodes are known", s.Meta.Size, nodes)
	}
	if why := s.Meta.unsettled(name); nodes > 1 && why != "" {
		return "the cluster " + why
	}
	for _, a := range s.Accounts {
		for _, one := range a.Streams {
			if why := one.Group.unsettled(name); nodes > 1 && why != "" {
				return "stream " + one.Name + " " + why
			}
		}
	}
	return ""
}

func (g group) unsettled(name string) string {
	if g.Leader == "" {
		return "has no leader"
	}
	if g.Leader != name {
		return ""
	}
	for _, r := range g.Replicas {
		if !r.Current || r.Offline {
			return "waits for " + r.Name
		}
	}
	return ""
}
