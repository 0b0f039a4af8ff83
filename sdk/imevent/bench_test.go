package imevent_test

import (
	"encoding/json"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func BenchmarkSpec(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := imevent.Spec("Sns.CallbackBlackListAdd"); !ok {
			b.Fatal("no row")
		}
	}
}

func BenchmarkKey(b *testing.B) {
	for name, command := range map[string]string{
		"Body":   "Sns.CallbackBlackListAdd",
		"Fields": "C2C.CallbackAfterSendMsg",
		"List":   "Group.CallbackAfterRecallMsg",
	} {
		b.Run(name, func(b *testing.B) {
			c, cb := spec(b, command), sample(b, command)
			b.ReportAllocs()
			b.SetBytes(int64(len(cb.Body)))
			for b.Loop() {
				_, _ = c.Key(cb)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, tt := range map[string]struct {
		command string
		reply   sdk.Reply
	}{
		"PlainOK": {"Sns.CallbackBlackListAdd", sdk.Reply{}},
		"Rewrite": {c2cSend, extra(`{"MsgBody":` + textElem + `}`)},
		"Friends": {prevAdd, extra(`{"ResultItem":[` + item("id1", "0") + `,` + item("id2", "0") + `]}`)},
	} {
		b.Run(name, func(b *testing.B) {
			c, cb := spec(b, tt.command), sample(b, tt.command)
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Check(cb, tt.reply); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	text := sample(b, "Sns.CallbackBlackListAdd").Body
	b.Run("Event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := imevent.SnsBlackListAdd.Decode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("PlainStruct", func(b *testing.B) { // what encoding/json does without leniency
		type pair struct {
			From string `json:"From_Account"`
			To   string `json:"To_Account"`
		}
		b.ReportAllocs()
		for b.Loop() {
			var ev struct {
				CallbackCommand string `json:"CallbackCommand"`
				PairList        []pair `json:"PairList"`
			}
			if err := json.Unmarshal(text, &ev); err != nil {
				b.Fatal(err)
			}
		}
	})
}
