package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// stage is how far a plugin came; each check needs one.
type stage int

const (
	started    stage = iota // the process may be started
	linked                  // there is a link to it
	described               // it said what it is
	configured              // it takes its settings
	prompt                  // it answers in time
)

// suite is one round of checks over one kind of link.
type suite struct {
	options Options
	root    string // for the directories of processes
	program string // the private copy
	mtls    bool
	report  *Report

	stage   stage
	blocked string // why no later stage was reached

	unsecured error // why the link is not as asked for

	first       *process // asked what it is and to try settings, never configured
	current     *process // configured, and the one that callbacks go to
	description wire.Description
	stopped     bool       // it was told to end
	ended       []*process // all that have ended, for what they printed and left
}

// run goes through all checks. Nothing is left of their processes.
func (s *suite) run(ctx context.Context) {
	defer s.discard()
	for _, c := range []struct {
		name  string
		needs stage
		check func(context.Context) finding
	}{
		{"handshake", started, s.handshake},
		{"mtls", linked, s.secured},
		{"describe", linked, s.describe},
		{"settings", described, s.settings},
		{"configure", described, s.configure},
		{"health", configured, s.health},
		{"samples", configured, s.samples},
		{"unknown_command", prompt, s.unknownCommand},
		{"unknown_keys", prompt, s.unknownKeys},
		{"hostile_bodies", prompt, s.hostileBodies},
		{"deadline", prompt, s.deadline},
		{"cancel", prompt, s.cancel},
		{"size", prompt, s.size},
		{"parallel", prompt, s.parallel},
		{"stream", prompt, s.stream},
		{"metrics", prompt, s.metrics},
		{"drain", prompt, s.drain},
		{"stop", configured, s.stop},
		{"stdout", linked, s.stdout},
		{"leftovers", configured, s.leftovers},
	} {
		if !s.options.spared[c.name] {
			s.note(ctx, c.name, c.needs, c.check)
		}
	}
}

// note runs one check and adds it to the report.
func (s *suite) note(ctx context.Context, name string, needs stage, check func(context.Context) finding) {
	began := time.Now()
	var found finding
	switch {
	case ctx.Err() != nil:
		found = unchecked(over(ctx))
	case s.stage < needs:
		found = unchecked(s.blocked)
	default:
		found = s.find(ctx, check)
	}
	link := linkPlain
	if s.mtls {
		link = linkMTLS
	}
	c := Check{Name: name, Link: link, Result: found.result, Detail: s.hide(found.detail), TookMS: milliseconds(time.Since(began))}
	s.report.Checks = append(s.report.Checks, c)
	s.options.Observe(c)
}

// find runs one check. One that failed leaves a process in an unknown state, so the
// next gets a fresh one. What fails when nobody waits any more proves nothing.
func (s *suite) find(ctx context.Context, check func(context.Context) finding) finding {
	before, dead := s.current, s.current.hasEnded()
	found := check(ctx)
	if found.result != Failed && s.current == before && !dead && s.current.hasEnded() && !s.stopped {
		found = fail("the process ended during this check: %s", before.lastWords())
	}
	if found.result != Failed {
		return found
	}
	s.drop(&s.current)
	if ctx.Err() != nil {
		return unchecked("it was under way: " + over(ctx))
	}
	return found
}

// over says why no more is checked.
func over(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.Canceled) {
		return "it was interrupted"
	}
	return "the time for the whole was over"
}

// block notes why the later stages are out of reach.
func (s *suite) block(why string) { s.blocked = why }

// live returns the configured process, a fresh one when the last is gone.
func (s *suite) live(ctx context.Context) (*process, error) {
	if s.current != nil && !s.current.hasEnded() {
		return s.current, nil
	}
	s.drop(&s.current)
	p, err := s.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("a fresh process did not come up: %w", err)
	}
	s.current = p
	if err := s.settle(ctx, p); err != nil {
		return nil, fmt.Errorf("a fresh process did not come up: %w", err)
	}
	return p, nil
}

// settle hands a process its settings.
func (s *suite) settle(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience*s.options.Patience)
	defer cancel()
	if _, err := p.link.client.Describe(ctx); err != nil {
		return err
	}
	return p.link.client.Configure(ctx, s.configuration(p, s.options.Config, false))
}

// drop ends a process and keeps what it printed.
func (s *suite) drop(p **process) {
	if *p == nil {
		return
	}
	(*p).kill()
	s.ended = append(s.ended, *p)
	*p = nil
}

// discard ends all processes and removes what they made.
func (s *suite) discard() {
	s.drop(&s.first)
	s.drop(&s.current)
	for _, p := range s.ended {
		p.remove()
	}
}

// isAlive asks for an ordinary answer, whatever it says.
func (s *suite) isAlive(ctx context.Context, p *process) error {
	a := s.ask(ctx, p, s.ordinary(), s.options.Patience)
	if a.status == nil {
		return nil
	}
	// A broken link shows before the end of its process does.
	if p.endsWithin(afterlife) {
		return errors.New("the process ended: " + p.lastWords())
	}
	return fmt.Errorf("an ordinary callback was not answered afterwards: %w", a.status)
}
