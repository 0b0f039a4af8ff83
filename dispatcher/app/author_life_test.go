package app_test

import (
	"strings"
	"testing"
)

// Whose handler ends the process is told so, by the callback and by the plugin, and
// that it is back; whose new program does not come up hears the cause and no more.
func TestDevTellsOfAPluginsLife(t *testing.T) {
	t.Parallel()
	const tell = "Sns.CallbackFriendAdd"
	r := newRig(t)
	r.succeed(r.switchhook("plugin", "new", "friends", "--command", tell, "--sdk", repository(t)))
	r.edit("friends/handlers.go", "import (", "import (\n\t\"os\"")
	r.edit("friends/handlers.go", "sdk.Ack{}, nil", "sdk.Ack{}, func() error { os.Exit(3); return nil }()")
	b := r.develop("friends")
	b.shows(tell, `FAILURE unavailable, plugin friends: its process ended before it answered; .*`)
	b.await(0, `(?m)^\d\d:\d\d:\d\d friends is gone: it exited with status 3: .*; it is started again in [0-9.]+m?s$`)
	b.await(0, `(?m)^\d\d:\d\d:\d\d friends is back$`)
	skip := b.out.Size()
	r.write("friends/closed.go", "package main\n\nimport \"os\"\n\nfunc init() {\n\tprintln(\"closed for today\")\n\tos.Exit(1)\n}\n")
	b.await(skip, `(?m)^\d\d:\d\d:\d\d NOT REPLACED, the old process goes on: it exited with status 1: closed for today$`)
	if said := b.out.String()[skip:]; strings.Contains(said, "is gone") || strings.Contains(said, "retry_in") || strings.Contains(b.out.String(), "rpc error") {
		t.Errorf("the cause is said twice:\n%s", said)
	}
	b.interrupt()
}
