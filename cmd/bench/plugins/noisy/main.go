// Command noisy is the other plugin of `make bench`: each callback has it print a
// mebibyte without a line's end, leave goroutines behind and panic.
package main

import (
	"bytes"
	"context"
	"os"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

func main() {
	var mux sdk.Mux
	noise := bytes.Repeat([]byte("x"), 1<<20)
	mux.HandleAny("Sns.CallbackFriendAdd", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		_, _ = os.Stderr.Write(noise) // that is the purpose
		for range 10 {
			go func() { <-make(chan struct{}) }()
		}
		panic("as ever")
	}))
	serve.Plugin{Name: "noisy", Version: "1", Mux: &mux}.Run()
}
