package imevent_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestFollowingIsToldInTwoShapesAndReadInOne(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		added, deleted string
		want           []string
	}{
		"two":              {`[{"To_Account":"b"},{"To_Account":"c"}]`, `["b","c"]`, []string{"b", "c"}},
		"without brackets": {`{"To_Account":"b"}`, `"b"`, []string{"b"}},
		"a bare number":    {`[{"To_Account":144115216631667827}]`, `[144115216631667827]`, []string{"144115216631667827"}},
		"twice the same":   {`[{"To_Account":"b"},{"To_Account":"b"}]`, `["b","b"]`, []string{"b"}},
		"nobody":           {`[]`, `[]`, []string{}},
		"null":             {`null`, `null`, []string{}},
		"an empty account": {`[{"To_Account":""},{}]`, `["",null]`, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			added := eventOf(t, imevent.FollowAfterFollowAdd, `{"From_Account":"a","FollowList":`+tt.added+`,"EventTime":1702018343678}`)
			deleted := eventOf(t, imevent.FollowAfterFollowDelete, `{"From_Account":"a","To_Account":`+tt.deleted+`,"EventTime":"1702018343678"}`)
			if diff := cmp.Diff(tt.want, added.Targets()); diff != "" {
				t.Errorf("added: %s", diff)
			}
			if diff := cmp.Diff(tt.want, deleted.Targets()); diff != "" {
				t.Errorf("deleted: %s", diff)
			}
			if added.EventTime != deleted.EventTime || added.EventTime.Time().Year() != 2023 {
				t.Errorf("times %d and %d", added.EventTime, deleted.EventTime)
			}
		})
	}
}

func ExampleFollowAfterFollowAddEvent_Targets() {
	ev, err := imevent.FollowAfterFollowAdd.Decode([]byte(`{"From_Account":"a","FollowList":[{"To_Account":"b"},{"To_Account":"c"}]}`))
	fmt.Println(ev.Targets(), err)
	// Output: [b c] <nil>
}

func ExampleFollowAfterFollowDeleteEvent_Targets() {
	ev, err := imevent.FollowAfterFollowDelete.Decode([]byte(`{"From_Account":"a","To_Account":["b","c"]}`))
	fmt.Println(ev.Targets(), err)
	// Output: [b c] <nil>
}
