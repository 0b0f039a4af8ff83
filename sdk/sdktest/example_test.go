package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

// greeter is the plugin of these examples. Its setting is what it says.
func greeter() serve.Plugin {
	cfg := &struct {
		Text string `json:"text"`
	}{Text: "welcome"}
	var mux sdk.Mux
	mux.HandleAny("Sns.CallbackFriendAdd", sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.Attempt > 1 {
			return sdk.Reply{Info: cfg.Text + " again"}, nil
		}
		return sdk.Reply{Info: cfg.Text}, nil
	}))
	return serve.Plugin{Name: "greeter", Mux: &mux, Config: cfg}
}

// In a test, Start begins and the test's end closes. The func is
// what would stand in the test file.
func ExampleStart() {
	_ = func(t *testing.T) {
		t.Helper()
		link := sdktest.Start(t, greeter())
		reply, err := link.Send(t.Context(), "Sns.CallbackFriendAdd", nil)
		if err != nil || reply.Info != "welcome" {
			t.Errorf("reply = %+v, %v", reply, err)
		}
	}
	// Output:
}

func ExampleStartWith() {
	_ = func(t *testing.T) {
		t.Helper()
		link := sdktest.StartWith(t, greeter(), sdktest.Options{Config: `{"text": "hello"}`})
		reply, err := link.Send(t.Context(), "Sns.CallbackFriendAdd", nil)
		if err != nil || reply.Info != "hello" {
			t.Errorf("reply = %+v, %v", reply, err)
		}
	}
	// Output:
}

// Open tells what an operator reads who has made a mistake in the settings.
func ExampleOpen() {
	_, err := sdktest.Open(context.Background(), greeter(), sdktest.Options{Config: `{"txt": "hello"}`})
	fmt.Println(err)
	// Output: config: unknown key "txt" (known: text)
}

func ExampleLink_Send() {
	ctx := context.Background()
	link, err := sdktest.Open(ctx, greeter(), sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	for _, body := range []any{nil, `{"PairList": []}`, map[string]any{"PairList": []any{}}} {
		reply, err := link.Send(ctx, "Sns.CallbackFriendAdd", body)
		fmt.Println(reply.Info, err)
	}
	_, err = link.Send(ctx, "Sns.CallbackFriendDelete", nil)
	fmt.Println(sdk.KindOf(err), err)
	// Output:
	// welcome <nil>
	// welcome <nil>
	// welcome <nil>
	// unsupported no handler for Sns.CallbackFriendDelete
}

func ExampleLink_Deliver() {
	ctx := context.Background()
	link, err := sdktest.Open(ctx, greeter(), sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	reply, err := link.Deliver(ctx, sdk.Callback{Command: "Sns.CallbackFriendAdd", Attempt: 2, Body: []byte("{}")})
	fmt.Println(reply.Info, err)
	// Output: welcome again <nil>
}

func ExampleLink_Describe() {
	ctx := context.Background()
	link, err := sdktest.Open(ctx, greeter(), sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	d, err := link.Describe(ctx)
	fmt.Println(d.Name, d.Claims[0].Pattern, d.Capabilities, err)
	// Output: greeter Sns.CallbackFriendAdd [stream drain] <nil>
}

func ExampleLink_Healthy() {
	ctx := context.Background()
	plugin := greeter()
	plugin.Health = func(context.Context) error { return errors.New("lost its voice") }
	link, err := sdktest.Open(ctx, plugin, sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	fmt.Println(link.Healthy(ctx))
	// Output: lost its voice
}

func ExampleLink_Close() {
	ctx := context.Background()
	plugin := greeter()
	plugin.Close = func(context.Context) error { fmt.Println("closed"); return nil }
	link, err := sdktest.Open(ctx, plugin, sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.Close())
	// Output:
	// closed
	// <nil>
}
