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

// BenchmarkDecode compares each typed event with what encoding/json does with the
// same fields, which is neither lenient nor keeps what has no field.
func BenchmarkDecode(b *testing.B) {
	type pair struct {
		From string `json:"From_Account"`
		To   string `json:"To_Account"`
	}
	type blackListAdd struct {
		CallbackCommand string `json:"CallbackCommand"`
		PairList        []pair `json:"PairList"`
	}
	type element struct {
		MsgType    string `json:"MsgType"`
		MsgContent struct {
			Text string `json:"Text"`
		} `json:"MsgContent"`
	}
	type groupBeforeSendMsg struct {
		CallbackCommand string    `json:"CallbackCommand"`
		GroupID         string    `json:"GroupId"`
		Type            string    `json:"Type"`
		FromAccount     string    `json:"From_Account"`
		OperatorAccount string    `json:"Operator_Account"`
		Random          int64     `json:"Random"`
		MsgID           string    `json:"MsgId"`
		OnlineOnlyFlag  int64     `json:"OnlineOnlyFlag"`
		MsgBody         []element `json:"MsgBody"`
		CloudCustomData string    `json:"CloudCustomData"`
		TopicID         string    `json:"TopicId"`
		EventTime       int64     `json:"EventTime"`
	}
	compare(b, imevent.SnsBlackListAdd, new(blackListAdd))
	compare(b, imevent.GroupBeforeSendMsg, new(groupBeforeSendMsg))
}

func compare[E any, A sdk.Answer, P any](b *testing.B, c sdk.Command[E, A], _ *P) {
	b.Helper()
	text := sample(b, c.Name()).Body
	b.Run(c.Name()+"/Event", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := c.Decode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(c.Name()+"/EncodingJSON", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			var ev P
			if err := json.Unmarshal(text, &ev); err != nil {
				b.Fatal(err)
			}
		}
	})
}
