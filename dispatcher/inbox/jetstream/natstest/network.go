package natstest

// connect makes the node's connections: one relay for clients, and one to each node.
func (n *Node) connect(all []*Node) {
	n.tb.Helper()
	lay := func(gates ...*gate) *relay {
		r, err := newRelay(n.tb.Context(), gates...)
		if err != nil {
			n.tb.Fatal(err)
		}
		return r
	}
	n.clients = lay(n.network)
	if n.alone {
		return
	}
	for _, other := range all {
		r := lay(n.network, other.network)
		n.routes = append(n.routes, r)
		other.reached = append(other.reached, r)
	}
}

func (n *Node) disconnect() {
	if n.clients != nil {
		n.clients.close()
	}
	for _, r := range n.routes {
		r.close()
	}
}

// incoming says where the node is to be reached by the others.
func (n *Node) incoming(address string) {
	for _, r := range n.reached {
		r.lead(address)
	}
}

// Cut takes the node from the network: neither the others nor clients reach it, and it
// reaches nobody, while its process runs and its connections look as if they were open.
func (n *Node) Cut() { n.network.turn(false) }

// Mend ends a [Node.Cut]. What was under way then goes on.
func (n *Node) Mend() { n.network.turn(true) }

func (n *Node) cut() bool {
	select {
	case <-n.network.way():
		return false
	default:
		return true
	}
}
