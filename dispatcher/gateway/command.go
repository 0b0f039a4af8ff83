package gateway

import (
	"context"
	"strconv"
	"strings"
)

// maxCommand is the longest plausible command name; Tencent's longest has 55
// characters.
const maxCommand = 128

// loggedCommand is how much of an implausible one is logged, in bytes.
const loggedCommand = 64

// plausible reports whether command can be a command's name: a letter, then
// letters, digits, dots, dashes and underscores. It does not ask whether Tencent
// documents it: new commands keep arriving.
func plausible(command string) bool {
	if command == "" || len(command) > maxCommand || !letter(command[0]) {
		return false
	}
	for i := range len(command) {
		c := command[i]
		if !letter(c) && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// warnCommand says once in a while that a signed request had no usable command.
func (g *Gateway) warnCommand(ctx context.Context, app, command string) {
	unlogged, ok := g.commandLog.allow(g.options.Now())
	if !ok {
		return
	}
	shown := command[:min(len(command), loggedCommand)]
	g.log.WarnContext(ctx, "callback refused: not a command's name",
		"app", app, "command", strconv.QuoteToASCII(shown), "length", len(command),
		"hint", commandHint(command), "unlogged", unlogged)
}

// commandHint says what to do about an implausible command.
func commandHint(command string) string {
	switch {
	case command == "":
		return "the request names an app but no CallbackCommand; Tencent always sends one"
	case strings.HasPrefix(command, "$"), strings.HasPrefix(command, "{"):
		return "this is the placeholder of Tencent's documentation; set the bare URL in the console, without a query: Tencent appends the parameters itself"
	default:
		return "a command is a name such as Sns.CallbackBlackListAdd"
	}
}
