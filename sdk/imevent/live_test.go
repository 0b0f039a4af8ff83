package imevent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestALiveRoomThatEndedKeepsAnOwnerGivenAsANumberExact(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterDestroyRoom, `{"RoomId":7,"RoomInfo":{"Owner_Account":144115216631667826,"ViewCount":0,"IsMessageDisabled":0}}`)
	if ev.RoomID != "7" || ev.RoomInfo.OwnerAccount != "144115216631667826" {
		t.Errorf("room %q of %q", ev.RoomID, ev.RoomInfo.OwnerAccount)
	}
	if views, ok := ev.RoomInfo.ViewCount.Get(); !ok || views != 0 {
		t.Errorf("nobody watched, and the event says %d, %v", views, ok)
	}
	if disabled, ok := ev.RoomInfo.IsMessageDisabled.Get(); !ok || disabled {
		t.Errorf("0 was read as %v, %v", disabled, ok)
	}
	if ev.Has("Statistic") || ev.Statistic.TotalViewers.IsSet() {
		t.Error("statistics were made up")
	}
}

func TestAnUpdatedLiveRoomTellsEmptiedFromUntouched(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterUpdateRoomInfo, `{"RoomInfo":{"RoomId":"r","RoomName":"","Category":[],"IsPublicVisible":"false","ActivityStatus":"0","CustomInfo":[1,2]},"EventTime":"1670574414123"}`)
	room := ev.RoomInfo
	for name, tt := range map[string]struct{ got, want any }{
		"an emptied name":               {room.RoomName, imevent.Some("")},
		"a list for a text":             {room.CustomInfo, imevent.Some("[1,2]")},
		"a cover left alone":            {room.CoverURL, imevent.Opt[string]{}},
		"emptied categories":            {room.Has("Category") && len(room.Category) == 0, true},
		"hidden, in quotes":             {room.IsPublicVisible, imevent.Some(false)},
		"messages left alone":           {room.IsMessageDisabled, imevent.Opt[bool]{}},
		"a status of zero, in quotes":   {room.ActivityStatus, imevent.Some[int64](0)},
		"a limit left alone":            {room.MaxMemberCount, imevent.Opt[int64]{}},
		"a room that was not made now":  {room.CreateTime.Time().IsZero(), true},
		"milliseconds given as a text":  {ev.EventTime, imevent.Millis(1670574414123)},
		"nothing that has no field":     {len(ev.Unknown()) + len(room.Unknown()), 0},
		"milliseconds are no seconds":   {ev.EventTime.Time().Year(), 2022},
		"a seat mode that did not come": {room.Has("TakeSeatMode"), false},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestANewLiveRoomWithoutATimeHasNone(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterCreateRoom, `{"RoomInfo":{"RoomId":"r","CreateTime":1703589922,"Category":3},"IsSeatEnabled":true}`)
	if !ev.EventTime.IsZero() || !ev.EventTime.Time().IsZero() {
		t.Errorf("the event is of %v", ev.EventTime.Time())
	}
	if year := ev.RoomInfo.CreateTime.Time().Year(); year != 2023 {
		t.Errorf("the room is of %d: its time is in seconds", year)
	}
	if diff := cmp.Diff([]int64{3}, ev.RoomInfo.Category); diff != "" {
		t.Errorf("a list of one without brackets: %s", diff)
	}
	if string(ev.Unknown()["IsSeatEnabled"]) != "true" || ev.RoomInfo.IsSeatEnabled.IsSet() {
		t.Error("a setting beside RoomInfo was lost, or taken for one inside")
	}
	timed := eventOf(t, imevent.LiveAfterCreateRoom, `{"EventTime":1703589922780}`)
	if year := timed.EventTime.Time().Year(); year != 2023 {
		t.Errorf("the event is of %d: its time is in milliseconds", year)
	}
}

func TestAnEndedBattleNamesWhyAndWho(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterEndBattle, `{"OpType":0,"Duration":30000,"EndTime":1739956145,"EventTime":1739956146119,
		"FromRoomInfo":{"RoomId":"pk-3","Score":0,"Owner_Account":144115245353757792},"ToRoomList":{"RoomId":"pk-5","Owner_Account":"tandy"}}`)
	if why, ok := ev.OpType.Get(); !ok || why != 0 {
		t.Errorf("time was up, and the event says %d, %v", why, ok)
	}
	if ev.FromRoomInfo.OwnerAccount != "144115245353757792" || !ev.FromRoomInfo.Score.IsSet() {
		t.Errorf("challenger %+v", ev.FromRoomInfo)
	}
	if len(ev.ToRoomList) != 1 || ev.ToRoomList[0].OwnerAccount != "tandy" || ev.ToRoomList[0].Score.IsSet() {
		t.Errorf("challenged %+v", ev.ToRoomList)
	}
	if gap := ev.EventTime.Time().Sub(ev.EndTime.Time()).Milliseconds(); gap != 1119 {
		t.Errorf("the event is %d ms after the end", gap)
	}
	none := eventOf(t, imevent.LiveAfterEndBattle, `{"BattleId":"b"}`)
	if none.OpType.IsSet() || !none.StartTime.Time().IsZero() || none.Has("FromRoomInfo") {
		t.Errorf("a battle of which nothing is said has %+v", none)
	}
}

func TestAChallengeReadsItsRoomsAndFlags(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterCreateBattle, `{"ToRoomIdList":"pk-5","NeedResponse":false,"Timeout":"30000","BattleId":"a\/b+c=","ExtensionInfo":{"Level":9007199254740993}}`)
	if diff := cmp.Diff([]string{"pk-5"}, ev.ToRoomIDList); diff != "" {
		t.Error(diff)
	}
	if needs, ok := ev.NeedResponse.Get(); !ok || needs {
		t.Errorf("needs a response: %v, %v", needs, ok)
	}
	if ev.ExtensionInfo != `{"Level":9007199254740993}` {
		t.Errorf("an object where its text belongs became %q", ev.ExtensionInfo)
	}
	if ev.Timeout != imevent.Some[int64](30000) || ev.Duration.IsSet() || ev.BattleID != "a/b+c=" {
		t.Errorf("%+v", ev)
	}
}

func TestTheAdministratorsOfALiveRoomAreAList(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]imevent.LiveAfterModifyAdminEvent{
		`{"Admin_Account":["a","b"],"opType":"add"}`:             {AdminAccount: []string{"a", "b"}, OpType: "add"},
		`{"Admin_Account":"a","OpType":"delete"}`:                {AdminAccount: []string{"a"}, OpType: "delete"},
		`{"Admin_Account":[144115216631667827],"opType":"add"}`:  {AdminAccount: []string{"144115216631667827"}, OpType: "add"},
		`{"RoomId":"r","EventTime":1703589922780,"opType":null}`: {RoomID: "r", EventTime: 1703589922780},
	} {
		ev := eventOf(t, imevent.LiveAfterModifyAdmin, body)
		if diff := cmp.Diff(want, ev, fieldsOnly); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
		if len(ev.Unknown()) != 0 {
			t.Errorf("%s: nothing is said to hold %v", body, ev.Unknown())
		}
	}
}

func TestLiveMembersAndMetadataAreReadInTheirLists(t *testing.T) {
	t.Parallel()
	members := eventOf(t, imevent.LiveAfterMemberStateChanged, `{"EventType":"Offline","EventCause":"Kicked","MemberList":{"Member_Account":9007199254740993}}`)
	if len(members.MemberList) != 1 || members.MemberList[0].Account != "9007199254740993" || members.EventCause != "Kicked" {
		t.Errorf("%+v", members)
	}
	set := eventOf(t, imevent.LiveAfterSetMetadata, `{"Metadata":[{"Key":"k","Value":""},{"Key":"n","Value":7}]}`)
	if len(set.Metadata) != 2 || !set.Metadata[0].Has("Value") || set.Metadata[1].Value != "7" {
		t.Errorf("%+v", set.Metadata)
	}
	deleted := eventOf(t, imevent.LiveAfterDelMetadata, `{"Keys":["key1",2]}`)
	if diff := cmp.Diff([]string{"key1", "2"}, deleted.Keys); diff != "" {
		t.Error(diff)
	}
}

func TestRoomCountsAreReadWhateverTheirTableSays(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]imevent.LiveAfterCreateRoomReachingThresholdEvent{
		`{"CurRoomCount":400,"MaxRoomCount":500}`:     {CurRoomCount: imevent.Some[int64](400), MaxRoomCount: imevent.Some[int64](500)},
		`{"CurRoomCount":"400","MaxRoomCount":[500]}`: {CurRoomCount: imevent.Some[int64](400), MaxRoomCount: imevent.Some[int64](500)},
		`{"CurRoomCount":0}`:                          {CurRoomCount: imevent.Some[int64](0)},
	} {
		ev := eventOf(t, imevent.LiveAfterCreateRoomReachingThreshold, body)
		if diff := cmp.Diff(want, ev, fieldsOnly); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestAGiftGoesToAListAndHasItsOwnTime(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body string
		want imevent.LiveGiftWater
	}{
		"to several": {`{"To_Account":["a","b"],"Time":1703589922}`, imevent.LiveGiftWater{ToAccount: []string{"a", "b"}, Time: 1703589922}},
		"to one":     {`{"To_Account":"a"}`, imevent.LiveGiftWater{ToAccount: []string{"a"}}},
		"for free":   {`{"Coins":0,"Count":"3"}`, imevent.LiveGiftWater{Coins: imevent.Some[int64](0), Count: imevent.Some[int64](3)}},
		"no amount":  {`{"GiftId":12}`, imevent.LiveGiftWater{GiftID: "12"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.LiveBeforeSendGift, `{"GiftWater":`+tt.body+`}`)
			if diff := cmp.Diff(tt.want, ev.GiftWater, fieldsOnly); diff != "" {
				t.Error(diff)
			}
		})
	}
	ev := eventOf(t, imevent.LiveBeforeSendGift, `{"RoomId":"r","Coins":1000}`)
	if string(ev.Unknown()["Coins"]) != "1000" || ev.Has("GiftWater") || ev.GiftWater.Coins.IsSet() {
		t.Error("a part of the gift beside GiftWater was lost, or taken for one inside")
	}
}

func TestTheOwnersOfALiveRoomAreNotMixedUp(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterChangeOwner, `{"CurrentOwner_Account":"new","OriginalOwner_Account":144115216631667827}`)
	if ev.CurrentOwnerAccount != "new" || ev.OriginalOwnerAccount != "144115216631667827" || !ev.EventTime.IsZero() {
		t.Errorf("%+v", ev)
	}
}

func TestABattleThatStartsHasItsTimesInSeconds(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.LiveAfterStartBattle, `{"StartTime":"1739954005","EventTime":"1739954005000","FromRoomInfo":{"RoomId":3,"Owner_Account":"brennan"},"ToRoomList":[{"RoomId":"pk-5","Score":1}]}`)
	if !ev.StartTime.Time().Equal(ev.EventTime.Time()) || !ev.CreateTime.IsZero() {
		t.Errorf("started %v, event of %v, created %v", ev.StartTime.Time(), ev.EventTime.Time(), ev.CreateTime.Time())
	}
	if ev.FromRoomInfo.RoomID != "3" || len(ev.ToRoomList) != 1 || string(ev.ToRoomList[0].Unknown()["Score"]) != "1" {
		t.Errorf("%+v", ev)
	}
}
