package sdktest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// String says in words what became of the callback.
func (d *Decision) String() string {
	return d.cb.Command + " was " + d.became()
}

func (d *Decision) became() string {
	refused, partial := d.refuses()
	switch {
	case d.err != nil:
		return fmt.Sprintf("not answered (%s: %v)", sdk.KindOf(d.err), d.err)
	case d.contract.Phase == imevent.After:
		if data := d.answer(); data != "" {
			return fmt.Sprintf("answered with the data %q", data)
		}
		return "acknowledged"
	case d.dropped():
		return "dropped silently"
	case refused && d.reply.Code != 0:
		return fmt.Sprintf("rejected with %d, saying %q", d.reply.Code, d.reply.Info)
	case refused:
		return "rejected for every target: " + d.targets()
	case partial:
		return "refused for some targets: " + d.targets()
	case d.contract.Rewrites(d.reply):
		return "rewritten"
	default:
		return "allowed"
	}
}

func (d *Decision) targets() string {
	names := make([]string, len(d.refused))
	for i, t := range d.refused {
		names[i] = t.account
		if t.code != 0 {
			names[i] += fmt.Sprintf(" with %d, saying %q", t.code, t.info)
		}
	}
	return strings.Join(names, "; ")
}

// read says what Tencent would find in the gateway's answer.
func (d *Decision) read() string {
	switch {
	case d.err == nil:
		return "Tencent would read: " + d.body()
	case sdk.KindOf(d.err) == sdk.KindUnsupported:
		return `Tencent would read ActionStatus OK where no plugin claims the command: the gateway asks nobody then`
	case d.contract.Phase == imevent.After:
		return `Tencent would read ActionStatus FAIL, and by default not send the event again`
	default:
		return fmt.Sprintf("Tencent would read what the route's on_failure says; it is %s where nobody has set it", d.contract.OnFailure)
	}
}

// body is the answer's, as the gateway writes it.
func (d *Decision) body() string {
	standard, err := json.Marshal(struct {
		ActionStatus string `json:"ActionStatus"`
		ErrorCode    int    `json:"ErrorCode"`
		ErrorInfo    string `json:"ErrorInfo"`
	}{"OK", d.reply.Code, d.reply.Info})
	if err != nil {
		return err.Error()
	}
	extra := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(d.reply.Extra)), "{"))
	if extra == "" || extra == "}" {
		return string(standard)
	}
	return strings.TrimSuffix(string(standard), "}") + "," + extra
}

// target is one account that a reply refuses.
type target struct {
	account string
	code    int // 0 where the reply gives none
	info    string
}

// refusedIn returns the accounts that the reply keys refuse one by one: items with
// a ResultCode, or plain lists of accounts.
func refusedIn(extra json.RawMessage) []target {
	var keys map[string]json.RawMessage
	if json.Unmarshal(extra, &keys) != nil {
		return nil
	}
	var found []target
	for key, value := range keys {
		var items []struct {
			Account string `json:"To_Account"`
			Code    int    `json:"ResultCode"`
			Info    string `json:"ResultInfo"`
		}
		var accounts []string
		switch {
		case key == "ResultItem" && json.Unmarshal(value, &items) == nil:
			for _, item := range items {
				if item.Code != 0 {
					found = append(found, target{item.Account, item.Code, item.Info})
				}
			}
		case strings.HasPrefix(key, "Refused") && json.Unmarshal(value, &accounts) == nil:
			for _, account := range accounts {
				found = append(found, target{account: account})
			}
		}
	}
	return found
}
