package imevent_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAChangeOfStateIsReadFromAnObjectOrAList(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		info string
		want []string
	}{
		"an object":     {`{"Action":"Login","To_Account":"a","Reason":"Register"}`, []string{"a: Login, Register"}},
		"a list of one": {`[{"Action":"Logout","To_Account":"a","Reason":"Unregister"}]`, []string{"a: Logout, Unregister"}},
		"a list of two": {`[{"Action":"Login","To_Account":"a"},{"Action":"Disconnect","To_Account":144115216631667827,"Reason":"TimeOut"}]`, []string{"a: Login, ", "144115216631667827: Disconnect, TimeOut"}},
		"an empty list": {`[]`, nil},
		"null":          {`null`, nil},
		"a new reason":  {`{"Action":"Logout","To_Account":"a","Reason":"Kicked","New":1}`, []string{"a: Logout, Kicked"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.StateStateChange, `{"EventTime":1629883332497,"Info":`+tt.info+`}`)
			var got []string
			for _, info := range ev.Info {
				got = append(got, fmt.Sprintf("%s: %s, %s", info.ToAccount, info.Action, info.Reason))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestACustomStatusIsFoundWhereverItStands(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		status string
		told   bool
	}{
		"in Info":          {`{"Info":{"Action":"CustomStatusChange","CustomStatus":"busy"}}`, "busy", true},
		"beside Info":      {`{"Info":{"Action":"CustomStatusChange"},"CustomStatus":"busy"}`, "busy", true},
		"in both":          {`{"Info":{"CustomStatus":"busy"},"CustomStatus":"away"}`, "busy", true},
		"cleared in Info":  {`{"Info":{"CustomStatus":""},"CustomStatus":"away"}`, "", true},
		"cleared beside":   {`{"Info":{},"CustomStatus":""}`, "", true},
		"in the list":      {`{"Info":[{"Action":"Login"},{"CustomStatus":"busy"}]}`, "busy", true},
		"no status at all": {`{"Info":{"Action":"Login"}}`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, told := eventOf(t, imevent.StateStateChange, tt.body).Status()
			if status != tt.status || told != tt.told {
				t.Errorf("status %q, %t", status, told)
			}
		})
	}
}

func TestALoginNamesTheDevicesItKicked(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.StateStateChange, `{"Info":{"Action":"Login"},"KickedDevice":[{"Platform":"Windows"},{"Platform":"Linux"}]}`)
	if len(ev.KickedDevice) != 2 || ev.KickedDevice[1].Platform != "Linux" {
		t.Errorf("read %+v", ev.KickedDevice)
	}
	one := eventOf(t, imevent.StateStateChange, `{"KickedDevice":{"Platform":"Web"}}`)
	if len(one.KickedDevice) != 1 || one.KickedDevice[0].Platform != "Web" || !one.EventTime.Time().IsZero() {
		t.Errorf("read %+v", one)
	}
}

func ExampleStateStateChangeEvent_Status() {
	ev, err := imevent.StateStateChange.Decode([]byte(`{"Info":{"Action":"CustomStatusChange","To_Account":"jared","CustomStatus":"busy"}}`))
	status, told := ev.Status()
	fmt.Println(status, told, err)
	// Output: busy true <nil>
}
