package imevent_test

import (
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestDataForAChatbotIsTextWhateverItHolds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, want string }{
		"JSON in a text": {`{"Data":"{\"msg\":\"hello\"}"}`, `{"msg":"hello"}`},
		"no JSON":        {`{"Data":"hello \"you\""}`, `hello "you"`},
		"JSON itself":    {`{"Data":{"msg": "hello"}}`, `{"msg": "hello"}`},
		"a number":       {`{"Data":9007199254740993}`, `9007199254740993`},
		"nothing":        {`{}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if ev := eventOf(t, imevent.ChatbotOnC2CSignalMessage, tt.body); ev.Data != tt.want {
				t.Errorf("Data is %q", ev.Data)
			}
		})
	}
}

func TestDataForAChatbotHasAnExactTime(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.ChatbotOnC2CSignalMessage, `{"MsgSeq":4294967296,"MsgRandom":"8765","EventTime":"1670574414123"}`)
	if ev.MsgSeq != 1<<32 || ev.MsgRandom != 8765 || ev.EventTime.Time().UnixMilli() != 1670574414123 {
		t.Errorf("read %+v", ev)
	}
}
