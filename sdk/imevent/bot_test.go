package imevent_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAMessageToABotIsReadWithTheKeysThatNoPageExplains(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.BotOnC2CMessage, `{"From_Account":"jared","To_Account":"@RBT#001","MsgRandom":4026038328,"SyncOtherMachine":1,"SupportMessageExtension":0,"UnreadMsgNum":-1,"SendMsgResult":0}`)
	sync, extension := ev.SyncOtherMachine.Or(-9), ev.SupportMessageExtension.Or(-9)
	if sync != 1 || extension != 0 || ev.UnreadMsgNum.Or(-9) != -1 {
		t.Errorf("read %+v", ev)
	}
	if len(ev.Unknown()) > 0 {
		t.Errorf("no field took %v", ev.Unknown())
	}
	plain := eventOf(t, imevent.BotOnC2CMessage, `{"From_Account":"jared"}`)
	if plain.SyncOtherMachine.IsSet() || plain.SupportMessageExtension.IsSet() || plain.UnreadMsgNum.IsSet() || !plain.EventTime.Time().IsZero() {
		t.Errorf("something was made up: %+v", plain)
	}
}

func TestAMessageToABotMayNotHaveReachedIt(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"SendMsgResult":0}`:     true,
		`{"SendMsgResult":20003}`: false,
		`{}`:                      false,
	} {
		if ev := eventOf(t, imevent.BotOnC2CMessage, body); ev.Delivered() != want {
			t.Errorf("%s: delivered %t", body, ev.Delivered())
		}
	}
}

func TestAGroupMessageNamesTheBotsItMentions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		accounts string
		want     []string
	}{
		"one":              {`["@RBT#001"]`, []string{"@RBT#001"}},
		"two":              {`["@RBT#001","@RBT#002"]`, []string{"@RBT#001", "@RBT#002"}},
		"without brackets": {`"@RBT#001"`, []string{"@RBT#001"}},
		"a number":         {`[144115216631667827]`, []string{"144115216631667827"}},
		"null":             {`null`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.BotOnGroupMessage, `{"GroupId":"@TGS#2J4SZEAEL","Random":4294967295,"MsgSeq":"123","MsgTime":1490686222,"TopicId":"@TGS#_x@TOPIC#_y","AtRobots_Account":`+tt.accounts+`}`)
			if diff := cmp.Diff(tt.want, ev.AtRobotsAccount); diff != "" {
				t.Error(diff)
			}
			if ev.Random != 1<<32-1 || ev.MsgSeq != 123 || ev.MsgTime != 1490686222 || ev.TopicID != "@TGS#_x@TOPIC#_y" {
				t.Errorf("read %+v", ev)
			}
		})
	}
}

func ExampleBotOnC2CMessageEvent_Delivered() {
	ev, err := imevent.BotOnC2CMessage.Decode([]byte(`{"From_Account":"jared","To_Account":"@RBT#001","SendMsgResult":0,"ErrorInfo":"send msg succeed"}`))
	fmt.Println(ev.Delivered(), err)
	// Output: true <nil>
}
