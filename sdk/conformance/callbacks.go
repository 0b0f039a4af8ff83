package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
	"github.com/switchhook/switchhook/sdk/wire"
)

const (
	// appID is the SDKAppID that callbacks are sent under.
	appID = "1400000001"
	// unlisted is a command that Tencent will never have.
	unlisted = "Conformance.CallbackUnknown"
	// traceparent is one of a callback that its gateway traces; the example of
	// https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers.
	traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	// perFamily is how many commands stand for a claimed family, and everyFamily
	// how many of each family for a claim on everything.
	perFamily   = 4
	everyFamily = 1
)

// commands returns the commands that are sent: those that are claimed by name,
// and some for each claim on more.
func (s *suite) commands() []string {
	var chosen []string
	seen := map[string]bool{}
	add := func(command string) {
		if !seen[command] {
			seen[command] = true
			chosen = append(chosen, command)
		}
	}
	for _, claim := range s.description.Claims {
		switch claim.Specificity() {
		case sdk.SpecificityExact:
			add(claim.Pattern)
		case sdk.SpecificityFamily:
			some(claim, perFamily, add)
		default:
			some(claim, everyFamily, add)
		}
	}
	return chosen
}

// some adds up to n commands of each family that claim matches.
func some(claim sdk.Claim, n int, add func(string)) {
	count := map[string]int{}
	for _, command := range samples.Commands() {
		family, _, _ := strings.Cut(command, ".")
		if claim.Matches(command) && count[family] < n {
			count[family]++
			add(command)
		}
	}
}

// sample is a callback with Tencent's body, or with a plain one for a command
// that has none.
func (s *suite) sample(command string) (sdk.Callback, bool) {
	body, known := samples.Request(command)
	if !known {
		body = fmt.Appendf(nil, `{"CallbackCommand": %q}`, command)
	}
	return s.callback(command, body), known
}

func (s *suite) callback(command string, body []byte) sdk.Callback {
	return sdk.Callback{
		ID: "conformance-" + command, Key: "conformance-" + command, Command: command, AppID: appID, ClientIP: "203.0.113.7",
		Platform: "iOS", ReceivedAt: time.Now(), Attempt: 1, Body: body,
	}
}

// ordinary is a callback that asks for nothing special.
func (s *suite) ordinary() sdk.Callback {
	for _, command := range s.commands() {
		if cb, known := s.sample(command); known {
			return cb
		}
	}
	cb, _ := s.sample(s.description.Claims[0].Pattern)
	return cb
}

// samples has every claimed command answered.
func (s *suite) samples(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	s.stage = prompt
	var flaws []string
	commands := s.commands()
	for i, command := range commands {
		cb, known := s.sample(command)
		if i%2 != 0 {
			cb.Traceparent = traceparent // some gateways trace, and some do not
		}
		a := s.ask(ctx, p, cb, s.options.Patience)
		if late := s.options.InTime; a.took > late {
			s.stage = configured
			s.block("it answers too late, and each of these would wait for that: see samples")
			return fail("%s: %s: Tencent waits %s; answer first and do slow work afterwards, or keep it out of the way",
				command, a.when(), late)
		}
		err := a.flaw(cb)
		if err == nil && known {
			err = s.declined(cb, a)
		}
		if err != nil {
			flaws = append(flaws, fmt.Sprintf("%s: %v", command, err))
		}
		if a.status != nil && p.endsWithin(afterlife) {
			return fail("%s: the process ended: %s", command, p.lastWords())
		}
	}
	if len(flaws) > 0 {
		return fail("%s", firstFew(flaws))
	}
	return pass("%s answered, each so that Tencent reads it as meant", plural(len(commands), "command"))
}

// declined returns an error where a documented sample was not handled. A plugin
// that claims a family or everything need not know each command of it.
func (s *suite) declined(cb sdk.Callback, a answer) error {
	if a.fault == nil {
		return nil
	}
	if sdk.KindOf(a.fault) == sdk.KindUnsupported && !s.claimsByName(cb.Command) {
		return nil
	}
	return fmt.Errorf("the documented sample is answered with %s: %w", named(a), a.fault)
}

func (s *suite) claimsByName(command string) bool {
	return slices.ContainsFunc(s.description.Claims, func(c sdk.Claim) bool { return c.Pattern == command })
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func firstFew(flaws []string) string {
	const few = 3
	if len(flaws) <= few {
		return strings.Join(flaws, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(flaws[:few], "; "), len(flaws)-few)
}

// unknownCommand asks for something that was never claimed.
func (s *suite) unknownCommand(ctx context.Context) finding {
	for _, claim := range s.description.Claims {
		if claim.Matches(unlisted) {
			return none("it claims every command")
		}
	}
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	cb, _ := s.sample(unlisted)
	a := s.ask(ctx, p, cb, s.options.Patience)
	if err := a.flaw(cb); err != nil {
		return fail("%v", err)
	}
	if a.fault == nil || sdk.KindOf(a.fault) != sdk.KindUnsupported {
		return fail("%s, which it does not claim, is answered with %s: answer RESULT_UNSUPPORTED", unlisted, named(a))
	}
	return pass("RESULT_UNSUPPORTED")
}

func named(a answer) string {
	if a.fault != nil {
		return sdk.KindOf(a.fault).String()
	}
	return "handled"
}

// unknownKeys sends bodies with a key that Tencent may add any day.
func (s *suite) unknownKeys(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	sent := 0
	for _, command := range s.commands() {
		cb, known := s.sample(command)
		if !known {
			continue
		}
		if cb.Body, err = withUnknownKey(cb.Body, `{"a":[1,"2",null]}`); err != nil {
			return fail("%v", err)
		}
		a := s.ask(ctx, p, cb, s.options.Patience)
		if err := a.flaw(cb); err != nil {
			return fail("%s with an unknown key: %v", command, err)
		}
		if err := s.declined(cb, a); err != nil {
			return fail("%s with an unknown key: %v; Tencent adds keys at any time, so ignore them", command, err)
		}
		sent++
	}
	if sent == 0 {
		return none("none of its commands is documented")
	}
	return pass("ignored in %s", plural(sent, "command"))
}

// size sends the largest body that the link carries.
func (s *suite) size(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	cb := s.ordinary()
	empty, err := withUnknownKey(cb.Body, `""`)
	if err != nil {
		return fail("%v", err)
	}
	if cb.Body, err = withUnknownKey(cb.Body, `"`+strings.Repeat("x", wire.MaxBody-len(empty))+`"`); err != nil {
		return fail("%v", err)
	}
	a := s.ask(ctx, p, cb, startPatience*s.options.Patience)
	flaw := a.flaw(cb)
	if err := s.isAlive(ctx, p); err != nil {
		return fail("after a body of %d bytes: %v", len(cb.Body), err)
	}
	if flaw != nil {
		return fail("a body of %d bytes: %v", len(cb.Body), flaw)
	}
	return pass("a body of %d bytes is answered with %s", len(cb.Body), named(a))
}
