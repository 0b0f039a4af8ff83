package imevent_test

import (
	"slices"
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAGroupsMembersAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	const account = "144115216631667827" // beyond what a float64 holds exactly
	for name, members := range map[string]string{
		"as text":                   `[{"Member_Account":"144115216631667827"}]`,
		"as a number":               `[{"Member_Account":144115216631667827}]`,
		"one without brackets":      `{"Member_Account":"144115216631667827"}`,
		"a number without brackets": `{"Member_Account":144115216631667827}`,
	} {
		for list, got := range map[string][]imevent.Member{
			"destination": readGroup(t, imevent.GroupBeforeInviteJoinGroup, `{"DestinationMembers":`+members+`}`).DestinationMembers,
			"new":         readGroup(t, imevent.GroupAfterNewMemberJoin, `{"NewMemberList":`+members+`}`).NewMemberList,
			"exit":        readGroup(t, imevent.GroupAfterMemberExit, `{"ExitMemberList":`+members+`}`).ExitMemberList,
			"initial":     readGroup(t, imevent.GroupAfterCreateGroup, `{"MemberList":`+members+`}`).MemberList,
			"online":      readGroup(t, imevent.GroupOnMemberStateChange, `{"MemberList":`+members+`}`).MemberList,
		} {
			if got := soleItem(t, got).Account; got != account {
				t.Errorf("%s, %s: %s", list, name, got)
			}
		}
	}
}

func TestAGroupsMemberIsReadInEitherSpelling(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"Member_Account":"a"}`:   "a",
		`{"Modified_Account":"a"}`: "a",
		`{"Modified_Account":7}`:   "7",
		`{}`:                       "",
	} {
		if got := readGroup(t, imevent.GroupAfterMemberFieldChanged, body).MemberAccount; got != want {
			t.Errorf("%s: member %q, want %q", body, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"Requestor_Account":"a"}`: "a",
		`{"Requester_Account":"a"}`: "a",
	} {
		if got := readGroup(t, imevent.GroupBeforeApplyJoinGroup, body).RequestorAccount; got != want {
			t.Errorf("%s: applicant %q, want %q", body, got, want)
		}
	}
}

func TestWhoWasRemovedIsNotWhoRemovedThem(t *testing.T) {
	t.Parallel()
	ev := readGroup(t, imevent.GroupAfterMemberExit, `{"ExitType":"Kicked","Operator_Account":"leckie","ExitMemberList":[{"Member_Account":"jared"}],"NewMemberList":[{"Member_Account":"tommy"}]}`)
	if gone := soleItem(t, ev.ExitMemberList).Account; gone != "jared" || ev.OperatorAccount != "leckie" {
		t.Errorf("%s removed %s", ev.OperatorAccount, gone)
	}
}

func TestAnInvitationsTargetsAreEachNamedOnce(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"DestinationMembers":[{"Member_Account":"b"},{"Member_Account":1},{"Member_Account":"b"},{}]}`: {"b", "1"},
		`{"DestinationMembers":[]}`: {},
		`{}`:                        {},
	} {
		if got := readGroup(t, imevent.GroupBeforeInviteJoinGroup, body).Targets(); !slices.Equal(got, want) {
			t.Errorf("%s: targets %q, want %q", body, got, want)
		}
	}
}
