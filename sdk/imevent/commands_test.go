package imevent_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

var update = flag.Bool("update", false, "write docs/commands.md instead of comparing it")

func TestCommandsDocument(t *testing.T) {
	t.Parallel()
	const path = "../../docs/commands.md"
	got := commandsDocument()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/commands.md is not current; run go generate ./sdk/imevent (-file +table):\n%s", diff)
	}
}

// commandsDocument lists the commands as the table and the types have them.
func commandsDocument() string {
	var out strings.Builder
	out.WriteString("# The commands\n\n<!-- Written by `make generate` from sdk/imevent; do not edit. -->\n\n" +
		"Every callback command that Tencent documents, with what to bind in a plugin. The value of a command is\n" +
		"`imevent.` and the name below; its event is called the same with `Event` behind, and `go doc` shows each of its\n" +
		"fields: `go doc github.com/switchhook/switchhook/sdk/imevent GroupBeforeSendMsgEvent`.\n\n" +
		"**Before** asks for a decision, for which Tencent waits 2 s; without one it does what stands under *no answer*.\n" +
		"**After** reports what has happened, and is answered with `sdk.Ack{}`. *Once* says that the body proves a single\n" +
		"occurrence, so that a second copy can be told from a second event; of the others two equal bodies may both be true.\n\n" +
		"A sample of each is in `sdk/imevent/samples`, and `switchhook send COMMAND` posts it.\n")
	family := ""
	for _, c := range imevent.Specs() {
		if c.Family != family {
			family = c.Family
			fmt.Fprintf(&out, "\n## %s\n\n| command | Go | phase | when | answer | decisions | no answer | own codes | once |\n|---|---|---|---|---|---|---|---|---|\n", family)
		}
		fmt.Fprintf(&out, "| [%s](%s) | %s | %s | %s | %s |\n", c.Command, c.Doc, goName(c), phase(c), c.Title, decisions(c))
	}
	return out.String()
}

func goName(c imevent.Contract) string {
	typing, ok := imevent.TypingOf(c.Command)
	if !ok {
		return "its body is documented nowhere: bind it with `mux.HandleAny`"
	}
	return "`" + typing.Name + "`"
}

func phase(c imevent.Contract) string {
	if c.Batch {
		return c.Phase.String() + ", in batches"
	}
	return c.Phase.String()
}

// decisions fills the last five columns.
func decisions(c imevent.Contract) string {
	answer, can, failure, codes, once := "`sdk.Ack`", "", "", "", ""
	if typing, ok := imevent.TypingOf(c.Command); ok && c.ReadsReply {
		answer = "`imevent." + strings.TrimSuffix(typing.Answer.Name(), "Answer") + "`"
	} else if !ok {
		answer = ""
	}
	if c.Phase == imevent.Before {
		failure = c.OnFailure.String()
		can = "allow, reject"
		if c.Drop {
			can += ", drop"
		}
		for _, key := range c.ReplyKeys {
			switch key {
			case "MsgBody":
				can += ", rewrite"
			case "RefusedMembers_Account", "RefusedSubscribers_Account", "ResultItem":
				can += ", reject some"
			}
		}
	}
	if c.Codes != (imevent.CodeRange{}) {
		codes = fmt.Sprintf("%d to %d", c.Codes.Lowest, c.Codes.Highest)
	}
	if _, ok := proofs[c.Command]; ok {
		once = "yes"
	}
	return strings.Join([]string{answer, can, failure, codes, once}, " | ")
}
