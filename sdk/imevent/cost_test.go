package imevent_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// What follows would take minutes if its cost grew with the square of its size.

func TestHostileBodiesAreReadAndWrittenInOnePass(t *testing.T) {
	t.Parallel()
	const many = 200_000
	for name, body := range map[string]string{
		"a list of nothing":            `{"MsgBody":[` + strings.TrimSuffix(strings.Repeat("{},", many), ",") + `]}`,
		"odd elements":                 `{"MsgBody":[` + strings.TrimSuffix(strings.Repeat(`{"msgtype":7,"MsgContent":[1]},`, many), ",") + `]}`,
		"keys that nobody knows":       `{` + keys(many) + `}`,
		"one key many times":           `{` + strings.TrimSuffix(strings.Repeat(`"msgseq":"1",`, many), ",") + `}`,
		"backslashes":                  `{"GroupId":"` + strings.Repeat(`\\`, many) + `"}`,
		"brackets in a text":           `{"MsgBody":"` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + strings.Repeat(" ", many) + `"}`,
		"brackets, as deep as allowed": `{"MsgBody":` + strings.Repeat("[", 62) + strings.TrimSuffix(strings.Repeat("1,", many), ",") + strings.Repeat("]", 62) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev, err := imevent.GroupAfterSendMsg.Decode([]byte(body))
			if err != nil {
				if sdk.KindOf(err) != sdk.KindMalformed {
					t.Fatal(err)
				}
				return
			}
			if _, err := json.Marshal(ev); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func keys(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `"key%d":%d,`, i, i)
	}
	return strings.TrimSuffix(text.String(), ",")
}

func TestAnswersAboutManyAreMadeInOnePass(t *testing.T) {
	t.Parallel()
	const many = 50_000
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: make([]imevent.SnsFriendItem, many)}
	members := make([]string, many)
	for i := range many {
		members[i] = fmt.Sprintf("account%d", i)
		ev.FriendItem[i].ToAccount = members[i]
	}
	answer := imevent.Friend.Allow(ev)
	for _, account := range ev.Targets() {
		answer = answer.Reject(account, "no")
	}
	friends, err := answer.Reply()
	if err != nil || strings.Count(string(friends.Extra), `:38000,`) != many {
		t.Fatalf("%d refused, %v", strings.Count(string(friends.Extra), `:38000,`), err)
	}
	spec(t, prevAdd).Merge(friends, friends)
	invited, err := imevent.Invite.RejectMembers(members...).Reply()
	if err != nil {
		t.Fatal(err)
	}
	merged := spec(t, invite).Merge(invited, invited)
	body, err := json.Marshal(map[string]any{"DestinationMembers": members})
	if err != nil {
		t.Fatal(err)
	}
	if err := spec(t, invite).Check(sdk.Callback{Command: invite, Body: body}, merged); err != nil {
		t.Error(err)
	}
}
