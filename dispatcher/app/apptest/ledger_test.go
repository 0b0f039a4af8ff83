package apptest_test

import (
	"os"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

func TestTheVerdictNamesWhatIsLostDoubledAndStrange(t *testing.T) {
	t.Parallel()
	l := apptest.NewLedger()
	for number, id := range map[int64]string{1: "a", 2: "b", 3: "c", 4: "d"} {
		l.Enter(number, id, nil)
	}
	l.Enter(5, "", nil)
	l.Enter(6, "", os.ErrDeadlineExceeded)
	got := l.Judge([]apptest.Event{
		{Number: 1, ID: "a"}, {Number: 1, ID: "a", Attempt: 2}, // twice
		{Number: 2, ID: "x"},                       // under another name
		{Number: 6, ID: "f"}, {Number: 6, ID: "g"}, // one that nobody has promised, under two names
	}, map[string]bool{"c": true})
	if want := (apptest.Verdict{Accepted: 4, Delivered: 3, Dead: 1, Duplicates: 2, Strange: 2, Lost: 1}); got != want || got.Holds() {
		t.Errorf("the verdict is %s, want %s", got, want)
	}
	if l.Refused != 1 || l.Unanswered != 1 {
		t.Errorf("%d refused, %d unanswered", l.Refused, l.Unanswered)
	}
}
