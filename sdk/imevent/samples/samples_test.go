package samples_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

func TestEveryCommandWithABodyHasSamples(t *testing.T) {
	t.Parallel()
	var want []string
	specs := imevent.Specs()
	for i := range specs {
		if !specs[i].NameOnly {
			want = append(want, specs[i].Command)
		}
	}
	if got := samples.Commands(); !slices.Equal(got, want) || len(got) != 80 {
		t.Errorf("%d commands: %v", len(got), got)
	}
}

func TestSamplesAreObjectsThatNameTheirCommand(t *testing.T) {
	t.Parallel()
	for _, command := range samples.Commands() {
		text, ok := samples.Request(command)
		var request struct {
			CallbackCommand string `json:"CallbackCommand"`
			Events          []struct {
				CallbackCommand string `json:"CallbackCommand"`
			} `json:"Events"`
		}
		if err := json.Unmarshal(text, &request); !ok || err != nil {
			t.Errorf("request of %s: %v, %v", command, ok, err)
			continue
		}
		named := request.CallbackCommand
		if len(request.Events) > 0 {
			named = request.Events[0].CallbackCommand
		}
		if command == "ContentCallback.ResultNotify" {
			named = command // its body names no command
		}
		if named != command {
			t.Errorf("request of %s names %q", command, named)
		}
		text, ok = samples.Reply(command)
		var reply struct {
			ActionStatus string `json:"ActionStatus"`
			ErrorCode    int    `json:"ErrorCode"`
		}
		if err := json.Unmarshal(text, &reply); !ok || err != nil || reply.ActionStatus != "OK" || reply.ErrorCode != 0 {
			t.Errorf("reply to %s: %s, %v", command, text, err)
		}
	}
}

func TestThereIsNoSampleOfAnythingElse(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "Live.CallbackBeforeCallBackNotBlock", "../reply/State.StateChange", "State.StateChange.json"} {
		if _, ok := samples.Request(command); ok {
			t.Errorf("request of %q", command)
		}
		if _, ok := samples.Reply(command); ok {
			t.Errorf("reply to %q", command)
		}
	}
}

func TestTheCallerOwnsASample(t *testing.T) {
	t.Parallel()
	text, _ := samples.Request("State.StateChange")
	clear(text)
	if again, _ := samples.Request("State.StateChange"); !json.Valid(again) {
		t.Error("a caller changed the sample for all others")
	}
}
