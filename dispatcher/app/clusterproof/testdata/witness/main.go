// Command witness is a plugin that writes a line about every event to the file RECORD,
// before it answers, and takes each decision in a way that no policy does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

func main() {
	record, err := os.OpenFile(os.Getenv("RECORD"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var mux sdk.Mux
	mux.HandleAny("Group.CallbackBeforeSendMsg", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{Code: 10123}, nil
	}))
	mux.HandleAny("Sns.CallbackBlackListAdd", sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{}, witness(cb, record)
	}))
	serve.Plugin{Name: "witness", Version: "1.0.0", Mux: &mux}.Run()
}

func witness(cb sdk.Callback, record *os.File) error {
	var body struct {
		Number int64 `json:"Number"`
	}
	if err := json.Unmarshal(cb.Body, &body); err != nil {
		return sdk.Malformed(err)
	}
	line, err := json.Marshal(map[string]any{
		"number": body.Number, "id": cb.ID, "received": cb.ReceivedAt.UnixNano(), "at": time.Now().UnixNano(),
	})
	if err != nil {
		return err
	}
	// In one write: what the kernel has of it outlives this process.
	_, err = record.Write(append(line, '\n'))
	return err
}
