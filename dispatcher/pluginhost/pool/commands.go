package pool

import (
	"slices"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// otherCommands stands for all commands that neither the catalogue lists nor the
// plugin claims by name. They share their places, so that no caller adds to what
// is kept.
const otherCommands = "other"

// routes is what a pool knows of commands; it is never changed in use.
type routes struct {
	commands map[string]route
	other    *gate
	claims   []sdk.Claim
}

// route is one command's.
type route struct {
	gate       *gate
	repeatable bool // a second delivery does no harm
}

// of returns the route of command.
func (rs *routes) of(command string) route {
	if r, ok := rs.commands[command]; ok {
		return r
	}
	return route{gate: rs.other, repeatable: repeatable(command, rs.claims)}
}

// Describe takes over what the plugin says of the commands that it claims.
func (p *Pool) Describe(claims []sdk.Claim) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.routes.Load()
	if before == nil {
		before = &routes{other: &gate{room: p.room, command: otherCommands}}
	}
	after := &routes{commands: make(map[string]route), other: before.other, claims: slices.Clone(claims)}
	add := func(command string) {
		g := before.commands[command].gate
		if g == nil {
			g = &gate{room: p.room, command: command}
		}
		after.commands[command] = route{gate: g, repeatable: repeatable(command, claims)}
	}
	for _, c := range imevent.Specs() {
		add(c.Command)
	}
	for _, c := range claims {
		if c.Specificity() == sdk.SpecificityExact {
			add(c.Pattern)
		}
	}
	p.routes.Store(after)
	for command := range after.commands {
		if claimed(command, claims) {
			p.metrics.expect(p.name, command)
		}
	}
	for command := range before.commands {
		if !claimed(command, claims) {
			p.metrics.forgetCommand(p.name, command)
		}
	}
}

// claimed reports whether a plugin of these claims gets command.
func claimed(command string, claims []sdk.Claim) bool {
	return slices.ContainsFunc(claims, func(c sdk.Claim) bool { return c.Matches(command) })
}

// Shape says how many processes the plugin is to have.
func (p *Pool) Shape(replicas int) { p.single.Store(replicas == 1) }

// Limit sets how many calls of a command the plugin may have at once, and how long
// a further one waits; zero means the usual.
func (p *Pool) Limit(maxInFlight int, maxWait time.Duration) {
	p.room.set(maxInFlight, maxWait)
	rs := p.routes.Load()
	rs.other.serve()
	for _, r := range rs.commands {
		r.gate.serve()
	}
}

// repeatable reports whether command may be delivered twice: after-commands come at
// least once anyway, and of the others the closest claim says so. Of a command
// outside the catalogue the claim also says whether it is a decision.
func repeatable(command string, claims []sdk.Claim) bool {
	closest := sdk.Claim{}
	specificity := -1
	for _, c := range claims {
		if n := c.Specificity(); n > specificity && c.Matches(command) {
			closest, specificity = c, n
		}
	}
	_, listed := imevent.Spec(command)
	decides := !listed && specificity == sdk.SpecificityExact && closest.Decides
	return closest.Idempotent || (imevent.PhaseOf(command) == imevent.After && !decides)
}
