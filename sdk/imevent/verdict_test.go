package imevent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

func TestRefuseStopsEveryBeforeCommandAndPassesItsOwnCheck(t *testing.T) {
	t.Parallel()
	for _, f := range facts(t) {
		if f.Phase != "before" {
			continue
		}
		t.Run(f.Command, func(t *testing.T) {
			t.Parallel()
			c, cb := spec(t, f.Command), sample(t, f.Command)
			refusal := c.Refuse(cb)
			if err := c.Check(cb, refusal); err != nil {
				t.Error(err)
			}
			if refused, partial := c.Refuses(cb, refusal); !refused || partial {
				t.Errorf("refused %v, partial %v for %+v", refused, partial, refusal)
			}
			allowed := c.Allow(cb)
			if err := c.Check(cb, allowed); err != nil {
				t.Error(err)
			}
			if refused, partial := c.Refuses(cb, allowed); refused || partial {
				t.Errorf("refused %v, partial %v for %+v", refused, partial, allowed)
			}
			if allowed.Code != 0 {
				t.Errorf("allowing has code %d", allowed.Code)
			}
		})
	}
}

func TestRefuseCarriesATextWhereTencentPassesOneOn(t *testing.T) {
	t.Parallel()
	for command, code := range map[string]int{
		"C2C.CallbackBeforeSendMsg":                   120001,
		"Group.CallbackBeforeSendMsg":                 10100,
		"Group.CallbackBeforeInviteJoinGroup":         10100,
		"OfficialAccount.CallbackBeforeSendMsg":       120001,
		"OfficialAccount.CallbackBeforeAddSubscriber": 1, // no range is documented
		"Live.CallbackBeforeSendGift":                 102100,
		"Live.CallbackBeforeCallBackNotBlock":         1,
		"Chatbot.OnC2CSignalMessage":                  1, // "no answer"
		"Group.CallbackAfterSendMsg":                  0, // nothing to refuse
		"Sns.CallbackPrevFriendAdd":                   0, // in ResultItem
		"Sns.CallbackPrevFriendResponse":              0,
	} {
		reply := spec(t, command).Refuse(sample(t, command))
		if reply.Code != code {
			t.Errorf("%s: code %d, want %d", command, reply.Code, code)
		}
		if code >= 100 && reply.Info == "" {
			t.Errorf("%s: the user is told nothing", command)
		}
	}
}

func TestAfterCommandsAcceptAPlainOKAndNothingRefusesThem(t *testing.T) {
	t.Parallel()
	for _, f := range facts(t) {
		if f.Phase != "after" {
			continue
		}
		c, cb := spec(t, f.Command), sample(t, f.Command)
		if err := c.Check(cb, c.Allow(cb)); err != nil {
			t.Errorf("%s: %v", f.Command, err)
		}
		if err := c.Check(cb, c.Refuse(cb)); err != nil {
			t.Errorf("%s: %v", f.Command, err)
		}
		if refused, partial := c.Refuses(cb, sdk.Reply{Code: 1}); refused || partial {
			t.Errorf("%s is refused after the fact", f.Command)
		}
	}
}

func TestSampleRepliesPassTheirCheck(t *testing.T) {
	t.Parallel()
	for _, command := range samples.Commands() {
		text, _ := samples.Reply(command)
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(text, &keys); err != nil {
			t.Fatal(err)
		}
		for _, standard := range []string{"ActionStatus", "ErrorCode", "ErrorInfo"} {
			delete(keys, standard)
		}
		extra, err := json.Marshal(keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := spec(t, command).Check(sample(t, command), sdk.Reply{Extra: extra}); err != nil {
			t.Error(err)
		}
	}
}

// verdicts returns ResultItem as target to code.
func verdicts(t *testing.T, r sdk.Reply) map[string]int {
	t.Helper()
	var reply struct {
		ResultItem []struct {
			ToAccount  string `json:"To_Account"`
			ResultCode int    `json:"ResultCode"`
		} `json:"ResultItem"`
	}
	if err := json.Unmarshal(r.Extra, &reply); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for _, item := range reply.ResultItem {
		got[item.ToAccount] = item.ResultCode
	}
	return got
}

func TestFriendRequestsAreRefusedTargetByTarget(t *testing.T) {
	t.Parallel()
	add, response := "Sns.CallbackPrevFriendAdd", "Sns.CallbackPrevFriendResponse"
	for name, tt := range map[string]struct {
		command, body string
		want          map[string]int
	}{
		"two targets":              {add, `{"FriendItem":[{"To_Account":"id1"},{"To_Account":"id2"}]}`, map[string]int{"id1": 38000, "id2": 38000}},
		"answers to requests":      {response, `{"ResponseFriendItem":[{"To_Account":"id1"}]}`, map[string]int{"id1": 38000}},
		"a number is an account":   {add, `{"FriendItem":[{"To_Account":144115216631667826}]}`, map[string]int{"144115216631667826": 38000}},
		"an escaped account":       {add, `{"FriendItem":[{"To_Account":"a\u0041\n"}]}`, map[string]int{"aA\n": 38000}},
		"a list without brackets":  {add, `{"FriendItem":{"To_Account":"id1"}}`, map[string]int{"id1": 38000}},
		"a list of bare accounts":  {add, `{"FriendItem":["id1"]}`, map[string]int{"id1": 38000}},
		"the same target twice":    {add, `{"FriendItem":[{"To_Account":"id1"},{"To_Account":"id1"}]}`, map[string]int{"id1": 38000}},
		"a list encoded twice":     {add, `{"FriendItem":"[{\"To_Account\":\"id1\"}]"}`, map[string]int{"id1": 38000}},
		"a list with holes":        {add, `{"FriendItem":{"0":{"To_Account":"id1"},"2":{"To_Account":"id2"}}}`, map[string]int{"id1": 38000, "id2": 38000}},
		"keys in another case":     {add, `{"friendItem":[{"to_account":"id1"}]}`, map[string]int{"id1": 38000}},
		"an item without account":  {add, `{"FriendItem":[{"Remark":"x"}]}`, map[string]int{}},
		"one item of two without":  {add, `{"FriendItem":[{"Remark":"x"},{"To_Account":"id1"}]}`, map[string]int{"id1": 38000}},
		"garbage beside the list":  {add, `{"FriendItem":[{"To_Account":"id1"}],"EventTime":1x}`, map[string]int{}},
		"nobody":                   {add, `{"FriendItem":[]}`, map[string]int{}},
		"a body cut short":         {add, `{"FriendItem":[{"To_Account":"id1"}`, map[string]int{}},
		"a body without the list":  {add, `{"CallbackCommand":"x"}`, map[string]int{}},
		"no JSON at all":           {add, `hello`, map[string]int{}},
		"the other command's list": {response, `{"FriendItem":[{"To_Account":"id1"}]}`, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := spec(t, tt.command)
			cb := sdk.Callback{Command: tt.command, Body: []byte(tt.body)}
			reply := c.Refuse(cb)
			if reply.Code != 0 {
				t.Errorf("code %d lets every target through", reply.Code)
			}
			if diff := cmp.Diff(tt.want, verdicts(t, reply)); diff != "" {
				t.Error(diff)
			}
			if n := strings.Count(string(reply.Extra), "To_Account"); n != len(tt.want) {
				t.Errorf("%d items for %d targets", n, len(tt.want))
			}
			if err := c.Check(cb, reply); err != nil {
				t.Error(err)
			}
			refused, _ := c.Refuses(cb, reply)
			unreadable := map[string]bool{"garbage beside the list": true, "a body cut short": true, "no JSON at all": true}
			if want := len(tt.want) > 0 || unreadable[name]; refused != want {
				t.Errorf("refused %v, want %v", refused, want)
			}
		})
	}
}

// TestFriendAnswersFitWhateverListThereIs: the handler and the gateway read the same
// targets, or the handler's answer would be taken for a bad reply.
func TestFriendAnswersFitWhateverListThereIs(t *testing.T) {
	t.Parallel()
	for _, list := range []string{
		`null`, `""`, `{}`, `[]`, `false`, `0`, `5`, `"bob"`, `[null]`, `[{}]`, `[""]`, `["bob",7]`, `{"To_Account":"bob"}`, `{"0":{"To_Account":"bob"}}`,
		`"[{\"To_Account\":\"bob\"}]"`, `"{\"To_Account\":\"bob\"}"`, `[{"To_Account":"bob"},{"To_Account":""},{"to_account":"eve"}]`, `[{"To_Account":{"ID":"bob"}}]`,
	} {
		cb := sdk.Callback{Command: prevAdd, Body: []byte(`{"From_Account":"alice","FriendItem":` + list + `}`)}
		ev, err := imevent.SnsPrevFriendAdd.Decode(cb.Body)
		if err != nil {
			t.Errorf("%s: %v", list, err)
			continue
		}
		for name, answer := range map[string]imevent.FriendAnswer{"allow": imevent.Friend.Allow(ev), "reject": imevent.Friend.Reject(ev, "no")} {
			reply, err := answer.Reply()
			if err != nil {
				t.Errorf("%s %s: %v", name, list, err)
				continue
			}
			c := spec(t, prevAdd)
			if err := c.Check(cb, reply); err != nil {
				t.Errorf("%s %s: %v", name, list, err)
			}
			refused, partial := c.Refuses(cb, reply)
			if refused != (name == "reject" && len(ev.Targets()) > 0) || partial {
				t.Errorf("%s %s: refused %v, partial %v", name, list, refused, partial)
			}
		}
	}
}

func TestRefusesTellsWholeFromPartial(t *testing.T) {
	t.Parallel()
	friend, invite, subscribe := "Sns.CallbackPrevFriendAdd", "Group.CallbackBeforeInviteJoinGroup", "OfficialAccount.CallbackBeforeAddSubscriber"
	for name, tt := range map[string]struct {
		command          string
		reply            sdk.Reply
		refused, partial bool
	}{
		"a code":                       {invite, sdk.Reply{Code: 1}, true, false},
		"a silent drop":                {"C2C.CallbackBeforeSendMsg", sdk.Reply{Code: 2}, true, false},
		"a rewrite":                    {"C2C.CallbackBeforeSendMsg", extra(`{"MsgBody":[{"MsgType":"TIMTextElem"}]}`), false, false},
		"some of the invited":          {invite, extra(`{"RefusedMembers_Account":["jared"]}`), false, true},
		"all of the invited":           {invite, extra(`{"RefusedMembers_Account":["leckie","jared"]}`), true, false},
		"somebody who is not invited":  {invite, extra(`{"RefusedMembers_Account":["zz"]}`), false, false},
		"none of the invited":          {invite, extra(`{"RefusedMembers_Account":[]}`), false, false},
		"some of the subscribers":      {subscribe, extra(`{"RefusedSubscribers_Account":["jared"]}`), false, true},
		"all of the subscribers":       {subscribe, extra(`{"RefusedSubscribers_Account":["jared","leckie"]}`), true, false},
		"some of the friends":          {friend, extra(`{"ResultItem":[{"To_Account":"id1","ResultCode":38000,"ResultInfo":""},{"To_Account":"id2","ResultCode":0,"ResultInfo":""}]}`), false, true},
		"a failed backend, as it were": {friend, sdk.Reply{Code: 38000}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused, partial := spec(t, tt.command).Refuses(sample(t, tt.command), tt.reply)
			if refused != tt.refused || partial != tt.partial {
				t.Errorf("refused %v, partial %v; want %v, %v", refused, partial, tt.refused, tt.partial)
			}
		})
	}
}

func TestRefusesWithoutAReadableBody(t *testing.T) {
	t.Parallel()
	c := spec(t, "Group.CallbackBeforeInviteJoinGroup")
	refused, partial := c.Refuses(sdk.Callback{Body: []byte("{")}, extra(`{"RefusedMembers_Account":["jared"]}`))
	if refused || !partial {
		t.Errorf("refused %v, partial %v: whom else it asks about is unknown", refused, partial)
	}
	c = spec(t, "Sns.CallbackPrevFriendAdd")
	refused, partial = c.Refuses(sdk.Callback{Body: []byte("{")}, c.Allow(sample(t, c.Command)))
	if refused || partial {
		t.Errorf("refused %v, partial %v for items that allow", refused, partial)
	}
}

func extra(text string) sdk.Reply { return sdk.Reply{Extra: json.RawMessage(text)} }

func TestNamesOfTheSmallTypes(t *testing.T) {
	t.Parallel()
	got := []string{
		imevent.After.String(), imevent.Before.String(), imevent.Allow.String(), imevent.Deny.String(),
		imevent.Chat.String(), imevent.Adjacent.String(),
	}
	want := []string{"after", "before", "allow", "deny", "chat", "adjacent"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheZeroRangeHoldsNoCode(t *testing.T) {
	t.Parallel()
	if (imevent.CodeRange{}).Contains(0) {
		t.Error("the zero range holds 0")
	}
	r := imevent.CodeRange{Lowest: 10100, Highest: 10200}
	for code, want := range map[int]bool{10099: false, 10100: true, 10200: true, 10201: false} {
		if r.Contains(code) != want {
			t.Errorf("Contains(%d) = %v", code, !want)
		}
	}
}
