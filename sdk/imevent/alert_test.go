package imevent_test

import (
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAnAlertTellsNoRateFromARateOfZero(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body           string
		request, limit imevent.Opt[int64]
	}{
		"numbers": {`{"ServiceName":"openim","Command":"batchsendmsg","Request":510,"Limit":200}`, imevent.Some[int64](510), imevent.Some[int64](200)},
		"quoted":  {`{"ServiceName":"openim","Command":"batchsendmsg","Request":"510","Limit":"200"}`, imevent.Some[int64](510), imevent.Some[int64](200)},
		"zero":    {`{"ServiceName":"openim","Command":"batchsendmsg","Request":0}`, imevent.Some[int64](0), imevent.Opt[int64]{}},
		"nothing": {`{"ServiceName":"openim","Command":"batchsendmsg"}`, imevent.Opt[int64]{}, imevent.Opt[int64]{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.AlertRequestOverLimit, tt.body)
			if ev.Request != tt.request || ev.Limit != tt.limit || ev.ServiceName != "openim" || ev.Command != "batchsendmsg" {
				t.Errorf("read %+v", ev)
			}
		})
	}
}
