package chatter_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/switchhook/switchhook/internal/chatter"
)

func TestEveryBodyIsACallbackOfItsCommandAndAnother(t *testing.T) {
	t.Parallel()
	seen, commands, size := map[string]bool{}, map[string]int{}, 0
	const n = 2000
	for _, b := range chatter.New(1).Take(n) {
		var is struct{ CallbackCommand string }
		if err := json.Unmarshal(b.JSON, &is); err != nil || is.CallbackCommand != b.Command || seen[string(b.JSON)] {
			t.Fatalf("%s: %s: %v; seen before: %t", b.Command, b.JSON, err, seen[string(b.JSON)])
		}
		seen[string(b.JSON)] = true
		commands[b.Command]++
		size += len(b.JSON)
	}
	for _, command := range chatter.Commands() {
		if commands[command] == 0 {
			t.Errorf("none of %d is %s", n, command)
		}
	}
	if len(commands) != len(chatter.Commands()) {
		t.Errorf("they are of %v", commands)
	}
	t.Logf("%d bytes on average", size/n)
}

func TestTheSameSeedMakesTheSameBodies(t *testing.T) {
	t.Parallel()
	same := func(a, b chatter.Body) bool { return a.Command == b.Command && string(a.JSON) == string(b.JSON) }
	if !slices.EqualFunc(chatter.New(7).Take(50), chatter.New(7).Take(50), same) {
		t.Error("they differ")
	}
	if slices.EqualFunc(chatter.New(7).Take(50), chatter.New(8).Take(50), same) {
		t.Error("another seed makes the same")
	}
}
