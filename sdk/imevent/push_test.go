package imevent_test

import (
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAPushIsToldInSeconds(t *testing.T) {
	t.Parallel()
	task := eventOf(t, imevent.PushAllMemberPush, `{"Events":[{"CallbackCommand":"Push.AllMemberPush","TaskTime":1557481127,"EventTime":"1557481128"}]}`)
	if len(task.Events) != 1 || task.Events[0].TaskTime.Time().Unix() != 1557481127 || task.Events[0].EventTime.Time().Unix() != 1557481128 {
		t.Errorf("of a task: %+v", task.Events)
	}
	message := eventOf(t, imevent.PushOfflinePush, `{"Events":[{"CallbackCommand":"Push.OfflinePush","MsgTime":1557481126,"EventTime":1557481127},{}]}`)
	if len(message.Events) != 2 || message.Events[0].MsgTime.Time().Unix() != 1557481126 || message.Events[0].EventTime.Time().Unix() != 1557481127 {
		t.Fatalf("of a message: %+v", message.Events)
	}
	if !message.Events[1].EventTime.Time().IsZero() {
		t.Errorf("a time was made up: %v", message.Events[1].EventTime.Time())
	}
}

func TestAPushMayBeASingleResultWithoutBrackets(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.PushOfflinePush, `{"Events":{"To_Account":144115216631667827,"MsgSeq":4294967296,"PushStage":"3"}}`)
	if len(ev.Events) != 1 || ev.Events[0].ToAccount != "144115216631667827" || ev.Events[0].MsgSeq != 1<<32 || ev.Events[0].PushStage != 3 {
		t.Errorf("read %+v", ev.Events)
	}
}

func TestAPushTellsNoErrorFromNoResult(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.PushAllMemberPush, `{"Events":[{"ErrCode":0,"PushPlatform":0,"DeviceType":4},{"ErrCode":"30001","ErrInfo":""},{}]}`)
	if len(ev.Events) != 3 {
		t.Fatalf("read %+v", ev.Events)
	}
	for i, want := range []imevent.PushTaskResult{
		{ErrCode: imevent.Some[int64](0), PushPlatform: imevent.Some[int64](0), DeviceType: imevent.Some[int64](4)},
		{ErrCode: imevent.Some[int64](30001)},
		{},
	} {
		got := ev.Events[i]
		if got.ErrCode != want.ErrCode || got.PushPlatform != want.PushPlatform || got.DeviceType != want.DeviceType {
			t.Errorf("result %d is %+v", i, got)
		}
	}
}

func TestAPushKeepsWhatIsNewInABatch(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.PushOfflinePush, `{"Batch":7,"Events":[{"GroupId":"@TGS#12DEVUDHQ","PushId":"p","New":{"a":1}}]}`)
	if string(ev.Unknown()["Batch"]) != "7" {
		t.Errorf("beside the batch: %v", ev.Unknown())
	}
	if len(ev.Events) != 1 || ev.Events[0].GroupID != "@TGS#12DEVUDHQ" || ev.Events[0].PushID != "p" {
		t.Fatalf("read %+v", ev.Events)
	}
	if len(ev.Events[0].Unknown()) != 1 || string(ev.Events[0].Unknown()["New"]) != `{"a":1}` {
		t.Errorf("in the batch: %v", ev.Events[0].Unknown())
	}
}

func TestAPushOfNothingIsNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"Events":null}`, `{"Events":[]}`} {
		if ev := eventOf(t, imevent.PushAllMemberPush, body); len(ev.Events) != 0 {
			t.Errorf("%s: %+v", body, ev.Events)
		}
	}
}
