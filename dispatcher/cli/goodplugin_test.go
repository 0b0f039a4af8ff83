package cli_test

import (
	"context"

	"github.com/switchhook/switchhook/sdk"
	sdkserve "github.com/switchhook/switchhook/sdk/serve"
)

// goodPlugin is a plugin for the scripts: another program that this binary is.
func goodPlugin() {
	settings := struct {
		Color string `json:"color"`
	}{Color: "blue"}
	var mux sdk.Mux
	mux.HandleAny("Sns.CallbackBlackListAdd", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{}, nil
	}))
	sdkserve.Plugin{Name: "good", Version: "1.2.3", Mux: &mux, Config: &settings}.Run()
}
