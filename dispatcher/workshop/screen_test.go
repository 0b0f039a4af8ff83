package workshop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/workshop"
	"github.com/switchhook/switchhook/sdk"
)

const (
	added = "Sns.CallbackFriendAdd"
	ok    = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
)

// A callback is a FAILURE where its plugin failed, and also where the gateway
// passed on what Tencent would not read.
func TestScreenSaysWhatIsAFailure(t *testing.T) {
	t.Parallel()
	mine := []string{"mine"}
	tests := map[string]struct {
		answered admin.Answered
		failure  bool
		says     string
	}{
		"handled":               {admin.Answered{Plugins: mine, Outcome: "ok", Took: 12345 * time.Microsecond}, false, added + ": event acknowledged; Tencent reads nothing more of the reply; 12.3 ms of 2,000\n"},
		"claimed by none":       {admin.Answered{Outcome: "unclaimed"}, false, added + ": no plugin claims it; event acknowledged"},
		"failed":                {admin.Answered{Plugins: mine, Outcome: "failed", Failed: true, Err: errors.New("mine:\nno database")}, true, "FAILURE failed, mine: no database; the gateway answers by policy: event acknowledged"},
		"ended":                 {admin.Answered{Plugins: mine, Outcome: "unavailable", Failed: true, Err: errors.New("plugin mine: read stream: rpc error: code = Unavailable desc = EOF")}, true, "FAILURE unavailable, plugin mine: its process ended before it answered; "},
		"not there":             {admin.Answered{Plugins: mine, Outcome: "unavailable", Failed: true, Err: errors.New("plugin mine: no process is ready")}, true, "FAILURE unavailable, plugin mine: no process is ready; "},
		"out of time":           {admin.Answered{Plugins: mine, Outcome: "timeout", Failed: true, Took: 1800 * time.Millisecond, Err: fmt.Errorf("plugin mine: %w", context.DeadlineExceeded)}, true, "FAILURE timeout, plugin mine: no answer within its time limit, after 1.8s; "},
		"never asked":           {admin.Answered{Plugins: mine, Outcome: "overloaded", Failed: true}, true, "FAILURE overloaded, before any plugin was asked; the gateway answers by policy: "},
		"late, but not failed":  {admin.Answered{Plugins: mine, Outcome: "ok", Took: 2100 * time.Millisecond}, true, "FAILURE ok, the reply took 2.1s; Tencent stops waiting after 2s; event NOT ACKNOWLEDGED; by default Tencent does not send it again; 2100.0 ms of 2,000\n"},
		"misread, but no fault": {admin.Answered{Plugins: mine, Outcome: "ok", Body: []byte("done")}, true, `FAILURE ok, the body is not JSON`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.answered.At, tt.answered.Callback, tt.answered.Status = time.Now(), sdk.Callback{ID: "1", Command: added, Body: []byte("{}")}, 200
			if tt.answered.Body == nil {
				tt.answered.Body = []byte(ok)
			}
			var words, objects, said bytes.Buffer
			workshop.NewScreen(&words, &said, false).Answered(tt.answered)
			if line := words.String(); !strings.Contains(line, tt.says) || strings.Contains(line, "FAILURE") != tt.failure || strings.Count(line, "\n") != 1 {
				t.Errorf("%q does not say %q", line, tt.says)
			}
			workshop.NewScreen(&objects, &said, true).Answered(tt.answered)
			var r struct {
				OK     bool    `json:"ok"`
				TookMS float64 `json:"took_ms"`
			}
			if err := json.Unmarshal(objects.Bytes(), &r); err != nil || r.OK == tt.failure || time.Duration(r.TookMS*float64(time.Millisecond)) != tt.answered.Took {
				t.Errorf("%v: %+v of %s", err, r, objects.String())
			}
			if said.Len() > 0 {
				t.Errorf("what is said of callbacks stands beside them: %s", said.String())
			}
		})
	}
}
