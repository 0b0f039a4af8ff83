package imevent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// FuzzKey holds Key to its promises for any body: no panic, always the same key,
// scoped, and a proof only where a JSON decoder sees the proof too.
func FuzzKey(f *testing.F) {
	for _, command := range samples.Commands() {
		f.Add(command, sample(f, command).Body)
	}
	f.Fuzz(func(t *testing.T, command string, text []byte) {
		c := contractOf(command)
		cb := sdk.Callback{AppID: "1400000001", Command: command, Body: text}
		key, once := c.Key(cb)
		if again, _ := c.Key(cb); again != key {
			t.Fatalf("keys %q and %q of one body", key, again)
		}
		if !strings.HasPrefix(key, "1400000001/"+command+"/") {
			t.Fatalf("key %q is not scoped", key)
		}
		if !once || !json.Valid(text) {
			return
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatalf("proven without an object: %v", err)
		}
		for _, need := range proofs[command].need {
			if len(fields[need]) == 0 || string(fields[need]) == "null" {
				t.Fatalf("proven without %s", need)
			}
		}
	})
}

// FuzzCheck holds the table's other half together: what passes Check is one JSON
// object of documented keys, and two replies that pass merge into one that does.
func FuzzCheck(f *testing.F) {
	for _, command := range samples.Commands() {
		if text, _ := samples.Reply(command); spec(f, command).ReadsReply {
			f.Add(command, sample(f, command).Body, 0, text)
		}
	}
	f.Add(c2cSend, []byte(`{}`), 120001, []byte(`{"MsgBody":`+textElem+`}`))
	f.Add(prevAdd, []byte(`{"FriendItem":[{"To_Account":"id1"}]}`), 0, []byte(`{"ResultItem":[`+item("id1", "38000")+`]}`))
	f.Add(invite, []byte(`{"DestinationMembers":[]}`), 0, []byte(`{"RefusedMembers_Account":["a"]}`))
	f.Fuzz(func(t *testing.T, command string, text []byte, code int, extraKeys []byte) {
		c := contractOf(command)
		cb := sdk.Callback{AppID: "1400000001", Command: command, Body: text}
		reply := sdk.Reply{Code: code, Extra: extraKeys}
		if refused, partial := c.Refuses(cb, reply); refused && partial {
			t.Fatal("both refused and partial")
		}
		_ = c.Rewrites(reply)
		passes := c.Check(cb, reply) == nil
		for _, own := range []sdk.Reply{c.Refuse(cb), c.Allow(cb)} {
			if err := c.Check(cb, own); err != nil {
				t.Fatalf("the table's own reply: %v", err)
			}
			if !passes {
				continue
			}
			for _, merged := range []sdk.Reply{c.Merge(own, reply), c.Merge(reply, own)} {
				if err := c.Check(cb, merged); err != nil {
					t.Fatalf("merged: %v", err)
				}
			}
		}
		if passes && len(extraKeys) > 0 {
			wantOneObjectWithoutStandardKeys(t, extraKeys)
		}
	})
}

// contractOf returns command's row, or the one that stands in for it.
func contractOf(command string) *imevent.Contract {
	if c, ok := imevent.Spec(command); ok {
		return c
	}
	return imevent.Unlisted(imevent.PhaseOf(command))
}

func wantOneObjectWithoutStandardKeys(t *testing.T, extraKeys []byte) {
	t.Helper()
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(extraKeys, &keys); err != nil || keys == nil {
		t.Fatalf("passed, and is no object: %v", err)
	}
	for key := range keys {
		for _, standard := range []string{"ActionStatus", "ErrorCode", "ErrorInfo"} {
			if strings.EqualFold(key, standard) {
				t.Fatalf("passed with %s", key)
			}
		}
	}
}
