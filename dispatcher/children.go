package dispatcher

import "sync"

// children notes which label values the core's metrics have children for. A table
// that was built and never swapped in leaves children behind, and so does the delivery
// of a copy that outlived its route: they go with the next table that has no use for
// them. It is safe for concurrent use.
type children struct {
	mu   *sync.Mutex
	apps map[string]struct{}
	// commands are those that are labels of their own.
	commands map[string]struct{}
	pairs    map[delivery]struct{}
	plugins  map[string]struct{}
}

func newChildren() children {
	return children{
		mu: new(sync.Mutex), apps: make(map[string]struct{}), commands: make(map[string]struct{}),
		pairs: make(map[delivery]struct{}), plugins: make(map[string]struct{}),
	}
}

func (c *children) app(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.apps[id] = struct{}{}
}

func (c *children) command(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands[name] = struct{}{}
}

func (c *children) delivery(d delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pairs[d], c.plugins[d.plugin] = struct{}{}, struct{}{}
}

// without takes out what t has no use for, and returns it.
func (c *children) without(t *Table) children {
	c.mu.Lock()
	defer c.mu.Unlock()
	plugins := make(map[string]struct{}, len(t.plugins))
	for plugin := range t.plugins {
		plugins[plugin] = struct{}{}
	}
	for pair := range t.pairs {
		plugins[pair.plugin] = struct{}{}
	}
	return children{
		apps: split(c.apps, t.apps), commands: split(c.commands, t.commands),
		pairs: split(c.pairs, t.pairs), plugins: split(c.plugins, plugins),
	}
}

// split takes out of all what is not kept, and returns it.
func split[K comparable, V any](all map[K]struct{}, kept map[K]V) map[K]struct{} {
	gone := make(map[K]struct{})
	for key := range all {
		if _, stays := kept[key]; !stays {
			gone[key] = struct{}{}
			delete(all, key)
		}
	}
	return gone
}
