package imevent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAnUpdatedConferenceRoomTellsEmptiedFromUntouched(t *testing.T) {
	t.Parallel()
	zero := imevent.Some[int64](0)
	for name, tt := range map[string]struct {
		body string
		want imevent.RoomInfo
	}{
		"recorded, in quotes":     {`{"IsCloudRecordingDisabled":"false"}`, imevent.RoomInfo{IsCloudRecordingDisabled: imevent.Some(false)}},
		"not recorded, in quotes": {`{"IsCloudRecordingDisabled":"true"}`, imevent.RoomInfo{IsCloudRecordingDisabled: imevent.Some(true)}},
		"muted, as a number":      {`{"IsAudioDisabled":1,"IsVideoDisabled":0}`, imevent.RoomInfo{IsAudioDisabled: imevent.Some(true), IsVideoDisabled: imevent.Some(false)}},
		"texts that were emptied": {`{"RoomName":"","CustomInfo":""}`, imevent.RoomInfo{RoomName: imevent.Some(""), CustomInfo: imevent.Some("")}},
		"only who owns it":        {`{"RoomId":"r","Owner_Account":144115233775727695}`, imevent.RoomInfo{RoomID: "r", OwnerAccount: "144115233775727695"}},
		"a limit of nothing":      {`{"MaxMemberCount":"0","MaxSeatCount":0}`, imevent.RoomInfo{MaxMemberCount: zero, MaxSeatCount: zero}},
		"an object for a text":    {`{"CustomInfo":{"id":9007199254740993}}`, imevent.RoomInfo{CustomInfo: imevent.Some(`{"id":9007199254740993}`)}},
		"null for a text":         {`{"RoomName":null}`, imevent.RoomInfo{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.RoomAfterUpdateRoomInfo, `{"RoomInfo":`+tt.body+`}`)
			if diff := cmp.Diff(tt.want, ev.RoomInfo, fieldsOnly); diff != "" {
				t.Error(diff)
			}
			if len(ev.RoomInfo.Unknown()) != 0 {
				t.Errorf("nothing is said to hold %v", ev.RoomInfo.Unknown())
			}
		})
	}
}

func TestANewConferenceRoomHasItsPlansInSeconds(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.RoomAfterCreateRoom, `{"RoomInfo":{"ScheduleStartTime":"1703589922","RoomStatus":"NotStarted"},"ScheduleInviteeList_Account":["b","b",7],"EventTime":1703589922780}`)
	if gap := ev.EventTime.Time().Sub(ev.RoomInfo.ScheduleStartTime.Time()).Milliseconds(); gap != 780 {
		t.Errorf("the start and the event are %d ms apart", gap)
	}
	if !ev.RoomInfo.ScheduleEndTime.Time().IsZero() || !ev.RoomInfo.CreateTime.IsZero() {
		t.Error("a time was made up")
	}
	if diff := cmp.Diff([]string{"b", "b", "7"}, ev.ScheduleInviteeListAccount); diff != "" {
		t.Error(diff)
	}
}

func TestMembersOfAConferenceAreCountedDownToZero(t *testing.T) {
	t.Parallel()
	left := eventOf(t, imevent.RoomAfterMemberLeave, `{"MemberCount":0,"Type":"Expired","MemberList_Account":"user1"}`)
	if count, ok := left.MemberCount.Get(); !ok || count != 0 {
		t.Errorf("the room is empty, and the event says %d, %v", count, ok)
	}
	if diff := cmp.Diff([]string{"user1"}, left.MemberListAccount); diff != "" {
		t.Error(diff)
	}
	entered := eventOf(t, imevent.RoomAfterMemberEnter, `{"MemberList_Account":["user1",9007199254740993]}`)
	if entered.MemberCount.IsSet() || !entered.EventTime.Time().IsZero() {
		t.Errorf("made up: %+v", entered)
	}
	if diff := cmp.Diff([]string{"user1", "9007199254740993"}, entered.MemberListAccount); diff != "" {
		t.Error(diff)
	}
}

func TestAConferenceThatEndedIsNamedByAnyKindOfID(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"RoomId":"room"}`:             "room",
		`{"RoomId":9007199254740993}`:   "9007199254740993",
		`{"roomid":"room"}`:             "room",
		`{"Room":"room"}`:               "",
		`{"roomid":"other","RoomId":1}`: "1",
	} {
		ev := eventOf(t, imevent.RoomAfterDestroyRoom, body)
		if ev.RoomID != want {
			t.Errorf("%s: room %q", body, ev.RoomID)
		}
	}
}
