// Command stream is the plugin of `make bench`: it decodes the event and answers.
package main

import (
	"context"
	"errors"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/serve"
)

func main() {
	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsBlackListAdd, func(_ context.Context, _ sdk.Callback, ev imevent.SnsBlackListAddEvent) (sdk.Ack, error) {
		if len(ev.PairList) == 0 {
			return sdk.Ack{}, sdk.Malformed(errors.New("no pairs"))
		}
		return sdk.Ack{}, nil
	})
	take(&mux, imevent.C2CAfterSendMsg) // these three of `make bench-cluster` alone
	take(&mux, imevent.GroupAfterSendMsg)
	take(&mux, imevent.StateStateChange)
	serve.Plugin{Name: "bench", Version: "1", Mux: &mux}.Run()
}

// take decodes the event and answers.
func take[E any](mux *sdk.Mux, c sdk.Command[E, sdk.Ack]) {
	sdk.On(mux, c, func(context.Context, sdk.Callback, E) (sdk.Ack, error) { return sdk.Ack{}, nil })
}
