package imevent_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		command    string
		a, b, want sdk.Reply
	}{
		"two plain OKs":                {c2cSend, sdk.Reply{}, sdk.Reply{}, sdk.Reply{}},
		"a refusal outlasts an OK":     {c2cSend, sdk.Reply{}, sdk.Reply{Code: 1}, sdk.Reply{Code: 1}},
		"the earlier refusal outlasts": {c2cSend, sdk.Reply{Code: 2}, sdk.Reply{Code: 1}, sdk.Reply{Code: 2}},
		"a refusal outlasts a rewrite": {c2cSend, extra(`{"CloudCustomData":"x"}`), sdk.Reply{Code: 120001, Info: "no"}, sdk.Reply{Code: 120001, Info: "no"}},
		"a rewrite outlasts an OK":     {c2cSend, sdk.Reply{}, extra(`{"CloudCustomData":"x"}`), extra(`{"CloudCustomData":"x"}`)},
		"the earlier rewrite outlasts": {c2cSend, extra(`{"CloudCustomData":"x"}`), extra(`{"CloudCustomData":"y"}`), extra(`{"CloudCustomData":"x"}`)},
		"an OK changes no rewrite":     {c2cSend, extra(`{"CloudCustomData":"x"}`), sdk.Reply{}, extra(`{"CloudCustomData":"x"}`)},
		"an empty object is an OK":     {c2cSend, extra(`{}`), extra(`{"CloudCustomData":"x"}`), extra(`{"CloudCustomData":"x"}`)},
		"refused members are united": {
			invite, extra(`{"RefusedMembers_Account":["a","b"]}`), extra(`{"RefusedMembers_Account":["b","c"]}`),
			extra(`{"RefusedMembers_Account":["a","b","c"]}`),
		},
		"refused subscribers are united": {
			subscribe, extra(`{"RefusedSubscribers_Account":[]}`), extra(`{"RefusedSubscribers_Account":["c"]}`),
			extra(`{"RefusedSubscribers_Account":["c"]}`),
		},
		"a whole refusal outlasts a partial one": {invite, extra(`{"RefusedMembers_Account":["a"]}`), sdk.Reply{Code: 10100, Info: "no"}, sdk.Reply{Code: 10100, Info: "no"}},
		"a friend refused by either is refused": {
			prevAdd,
			extra(`{"ResultItem":[` + item("id1", "0") + `,` + item("id2", "38001") + `]}`),
			extra(`{"ResultItem":[` + item("id1", "38002") + `,` + item("id2", "38003") + `,` + item("id3", "0") + `]}`),
			extra(`{"ResultItem":[` + item("id1", "38002") + `,` + item("id2", "38001") + `,` + item("id3", "0") + `]}`),
		},
		"an answer outlasts none":      {signal, sdk.Reply{Code: 1}, extra(`{"RspData":"x"}`), extra(`{"RspData":"x"}`)},
		"none does not undo an answer": {signal, extra(`{"RspData":"x"}`), sdk.Reply{Code: 1}, extra(`{"RspData":"x"}`)},
		"the earlier answer stands":    {signal, extra(`{"RspData":"x"}`), extra(`{"RspData":"y"}`), extra(`{"RspData":"x"}`)},
		"nobody has an answer":         {signal, sdk.Reply{Code: 1}, sdk.Reply{Code: 1}, sdk.Reply{Code: 1}},
		"the first text that is there": {invite, extra(`{"RefusedMembers_Account":["a"]}`), sdk.Reply{Info: "b", Extra: json.RawMessage(`{"RefusedMembers_Account":["b"]}`)}, sdk.Reply{Info: "b", Extra: json.RawMessage(`{"RefusedMembers_Account":["a","b"]}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := spec(t, tt.command).Merge(tt.a, tt.b)
			if got.Code != tt.want.Code || got.Info != tt.want.Info {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if diff := cmp.Diff(plain(t, tt.want.Extra), plain(t, got.Extra)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// plain returns JSON as Go values, so that it compares by meaning, and numbers
// digit by digit.
func plain(t *testing.T, text json.RawMessage) any {
	t.Helper()
	if len(text) == 0 {
		return nil
	}
	var v any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMergedPartialRefusalsMayBeAWholeOne(t *testing.T) {
	t.Parallel()
	c, cb := spec(t, invite), sample(t, invite)
	merged := c.Merge(extra(`{"RefusedMembers_Account":["jared"]}`), extra(`{"RefusedMembers_Account":["leckie"]}`))
	if refused, partial := c.Refuses(cb, merged); !refused || partial {
		t.Errorf("refused %v, partial %v", refused, partial)
	}
}

func TestRewritesIsAboutTheOperation(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		``:                                 false,
		`{}`:                               false,
		`{"MsgBody":` + textElem + `}`:     true,
		`{"X":1,"CloudCustomData":""}`:     true,
		`{"RefusedMembers_Account":["a"]}`: false,
		`{"RspData":"{\"MsgBody\":[]}"}`:   false,
		`{"ResultItem":[{"MsgBody":"not here"}]}`: false,
	} {
		if got := spec(t, c2cSend).Rewrites(extra(text)); got != want {
			t.Errorf("Rewrites(%s) = %v", text, got)
		}
	}
}
