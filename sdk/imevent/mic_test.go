package imevent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestSeatsAreReadWhoeverSitsOnThem(t *testing.T) {
	t.Parallel()
	locked := imevent.Some(true)
	for name, tt := range map[string]struct {
		list string
		want []imevent.MicSeat
	}{
		"an account as a number": {`[{"Index":1,"Member_Account":144115233775727695}]`, []imevent.MicSeat{{Index: imevent.Some[int64](1), MemberAccount: "144115233775727695"}}},
		"an account as a text":   {`[{"Index":1,"Member_Account":"jared"}]`, []imevent.MicSeat{{Index: imevent.Some[int64](1), MemberAccount: "jared"}}},
		"an empty seat":          {`[{"Index":0,"IsTakenDisabled":true}]`, []imevent.MicSeat{{Index: imevent.Some[int64](0), IsTakenDisabled: locked}}},
		"a seat without number":  {`[{"IsAudioDisabled":1,"IsVideoDisabled":"true"}]`, []imevent.MicSeat{{IsAudioDisabled: locked, IsVideoDisabled: locked}}},
		"one without brackets":   {`{"Index":"2","IsTakenDisabled":0}`, []imevent.MicSeat{{Index: imevent.Some[int64](2), IsTakenDisabled: imevent.Some(false)}}},
		"nobody and no seat":     {`[]`, []imevent.MicSeat{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.MicAfterSeatInfoChanged, `{"SeatList":`+tt.list+`}`)
			if diff := cmp.Diff(tt.want, ev.SeatList, fieldsOnly); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSeatsOfALiveRoomHaveNoOperatorThoseOfAConferenceDo(t *testing.T) {
	t.Parallel()
	live := eventOf(t, imevent.MicAfterSeatInfoChanged, `{"RoomId":"r","SeatList":[]}`)
	if live.Has("Operator_Account") || !live.EventTime.Time().IsZero() {
		t.Errorf("%+v", live)
	}
	conference := eventOf(t, imevent.MicAfterSeatInfoChanged, `{"Operator_Account":"user1","EventTime":"1670574414123"}`)
	if conference.OperatorAccount != "user1" || conference.EventTime.Time().Year() != 2022 {
		t.Errorf("%+v", conference)
	}
}
