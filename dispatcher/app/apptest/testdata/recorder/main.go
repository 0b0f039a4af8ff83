// Command recorder is a plugin that writes a line about every event that it has
// handled to the file RECORD, before it answers. The event's body says what it is to
// do instead. With DECIDES in the environment it is one that takes decisions alone.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

// The commands: an event, and a decision.
const (
	told    = "Sns.CallbackBlackListAdd"
	decided = "Group.CallbackBeforeSendMsg"
)

func main() {
	pause, err := time.ParseDuration(os.Getenv("PAUSE"))
	record, errOpen := os.OpenFile(os.Getenv("RECORD"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err = errors.Join(err, errOpen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var mux sdk.Mux
	if os.Getenv("DECIDES") != "" {
		mux.HandleAny(decided, sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }))
	} else {
		mux.HandleAny(told, sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
			return sdk.Reply{}, handle(ctx, cb, record, pause)
		}))
	}
	serve.Plugin{Name: "recorder", Version: "1.0.0", Mux: &mux}.Run()
}

// handle does what the body says, and records what it is given to keep.
func handle(ctx context.Context, cb sdk.Callback, record *os.File, pause time.Duration) error {
	var body struct {
		Number int64  `json:"Number"`
		Do     string `json:"Do"`
	}
	if err := json.Unmarshal(cb.Body, &body); err != nil {
		return sdk.Malformed(err)
	}
	switch body.Do {
	case "kill " + os.Getenv("NAME"):
		os.Exit(3)
	case "refuse":
		return sdk.Permanent(errors.New("never"))
	}
	select {
	case <-time.After(pause):
	case <-ctx.Done():
		return ctx.Err()
	}
	line, err := json.Marshal(map[string]any{
		"number": body.Number, "id": cb.ID, "key": cb.Key, "received": cb.ReceivedAt.UnixNano(), "attempt": cb.Attempt, "redelivered": cb.Redelivered,
	})
	if err != nil {
		return err
	}
	// In one write: what the kernel has of it outlives this process.
	_, err = record.Write(append(line, '\n'))
	return err
}
