package dispatcher_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// Whoever watches the answers learns who was asked, and who failed first.
func TestResultNamesPluginsAndTheFirstFailure(t *testing.T) {
	t.Parallel()
	both := map[string]dispatcher.RouteConfig{
		groupSend: {Handlers: []string{"one", "two"}, OnFailure: dispatcher.PolicyAllow}, blockAdd: {Handlers: []string{"one", "two"}},
	}
	deny := map[string]dispatcher.RouteConfig{groupSend: {OnFailure: dispatcher.PolicyDeny}}
	broken := errors.New("disk")
	tests := map[string]struct {
		command  string
		handlers []sdk.Handler
		routes   map[string]dispatcher.RouteConfig
		err      string
	}{
		"an event that was handled":              {blockAdd, []sdk.Handler{answers(sdk.Reply{})}, nil, ""},
		"an event that one of two has failed on": {blockAdd, []sdk.Handler{answers(sdk.Reply{}), fails(broken)}, both, "plugin two: disk"},
		"an event that its plugin has failed on": {blockAdd, []sdk.Handler{fails(broken)}, nil, "plugin one: disk"},
		"a decision":                             {groupSend, []sdk.Handler{answers(sdk.Reply{Code: 1})}, nil, ""},
		"a decision that the policy took":        {groupSend, []sdk.Handler{fails(broken)}, deny, "plugin one: disk"},
		"a decision that the second took":        {groupSend, []sdk.Handler{fails(broken), answers(sdk.Reply{})}, both, "plugin one: disk"},
		"an illegal answer": {
			groupSend,
			[]sdk.Handler{answers(sdk.Reply{Code: 99})},
			nil,
			"plugin one: check the reply: reply to Group.CallbackBeforeSendMsg: code 99 has no meaning here: use 0 to allow, 1 to refuse, 2 to drop silently, 10100 to 10200 to refuse with a text of your own",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := dispatcher.Blueprint{Routes: test.routes}
			want := []string{"one", "two"}[:len(test.handlers)]
			for i, h := range test.handlers {
				b.Plugins = append(b.Plugins, plugin(want[i], test.command, h))
			}
			got := gateway(t, dispatcher.Options{}, b).Dispatch(t.Context(), callback(t, test.command))
			if diff := cmp.Diff(want, got.Plugins); diff != "" {
				t.Errorf("plugins (-want +got):\n%s", diff)
			}
			text := ""
			if got.Err != nil {
				text = got.Err.Error()
			}
			if text != test.err {
				t.Errorf("err = %q, want %q", text, test.err)
			}
		})
	}
}
