package workshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// greet says what runs and what to type.
func (w *workshop) greet(ctx context.Context, status admin.Status) {
	url := strings.TrimSuffix(status.Listen, "/") + status.CallbackPath
	p, _ := w.plugin(ctx)
	var text strings.Builder
	if p.State == ready {
		fmt.Fprintf(&text, "\n%s %s is ready at %s\n", w.Name, p.Version, url)
	} else {
		fmt.Fprintf(&text, "\n%s DOES NOT COME UP: %s\nIt is tried again from time to time, and with every save. The gateway is ready at %s\n", w.Name, p.Error, url)
	}
	text.WriteString("In another terminal, type:\n\n")
	for _, command := range tryable(p.Claims) {
		fmt.Fprintf(&text, "  switchhook send %s --app %s --url %s\n", command, App, url)
	}
	text.WriteString("\nA save builds it again and replaces it. Ctrl-C ends all.\n")
	w.Screen.write(text.String())
}

// tryable returns the commands to send: those that are claimed by name, and one of
// each pattern.
func tryable(claims []admin.Claim) []string {
	var commands []string
	for _, claim := range claims {
		family, isPattern := strings.CutSuffix(claim.Pattern, "*")
		if !isPattern {
			commands = append(commands, sendable(claim.Pattern))
			continue
		}
		all := samples.Commands()
		if at := slices.IndexFunc(all, func(c string) bool { return strings.HasPrefix(c, family) }); at >= 0 {
			commands = append(commands, all[at])
		}
	}
	if len(commands) == 0 {
		commands = append(commands, "Sns.CallbackFriendAdd")
	}
	return commands
}

// sendable adds the flag that a command without a sample needs.
func sendable(command string) string {
	if _, found := samples.Request(command); !found {
		return command + " --body FILE"
	}
	return command
}
