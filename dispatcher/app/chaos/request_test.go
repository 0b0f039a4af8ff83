package chaos_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

const (
	shop    = apptest.App
	token   = apptest.Token
	okReply = apptest.OKReply

	// answered begins every decision, the policy's too.
	answered = `{"ActionStatus":"OK",`
)

// The commands of the bad plugin, and of the good one.
const (
	misused  = "C2C.CallbackBeforeSendMsg"
	reported = "C2C.CallbackAfterSendMsg"
	decided  = apptest.Decided // a decision, which the plugin calls idempotent
	told     = apptest.Told    // a report: every one is idempotent
)

// wait is how long the client waits for an answer: far longer than any budget, so
// that one that runs into it has outlived its own.
const wait = 30 * time.Second

// misuse sends the bad plugin a callback whose body tells it what to do.
func (g *gateway) misuse(do string) (string, error) { return g.post(g.Client, misused, do) }

// post sends a callback and returns the reply. Whatever becomes of a plugin, there
// is one that Tencent reads; anything else is an error.
func (g *gateway) post(client *http.Client, command, do string) (string, error) {
	body := fmt.Sprintf(`{"CallbackCommand":%q,"Do":%q}`, command, do)
	res, err := client.Post("http://"+g.Listen+"/?"+g.query+"&CallbackCommand="+command, "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", res.StatusCode, text)
	}
	return string(text), err
}

// exits is the series that counts the ends of a plugin's processes.
func exits(plugin, reason string) string {
	return fmt.Sprintf(`switchhook_plugin_exits_total{plugin=%q,reason=%q}`, plugin, reason)
}

// starts is the series that counts the starts of a plugin's processes.
func starts(plugin, reason string) string {
	return fmt.Sprintf(`switchhook_plugin_starts_total{plugin=%q,reason=%q}`, plugin, reason)
}

// replicas is the series that counts a plugin's processes in a state.
func replicas(plugin, state string) string {
	return fmt.Sprintf(`switchhook_plugin_replicas{plugin=%q,state=%q}`, plugin, state)
}

// deliveries is the series that counts what became of a plugin's calls.
func deliveries(command, plugin, outcome string) string {
	return fmt.Sprintf(`switchhook_deliveries_total{command=%q,outcome=%q,plugin=%q}`, command, outcome, plugin)
}

// callbacks is the series that counts what became of a command's callbacks.
func callbacks(command, outcome string) string {
	return fmt.Sprintf(`switchhook_callbacks_total{command=%q,outcome=%q}`, command, outcome)
}

// commandLabel is the label of whatever is counted by command.
func commandLabel(command string) string { return `command="` + command + `"` }
