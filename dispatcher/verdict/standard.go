package verdict

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/switchhook/switchhook/sdk"
)

// The three keys of every reply (Webhook Overview, "Response").
const (
	actionStatus = "ActionStatus"
	errorCode    = "ErrorCode"
	errorInfo    = "ErrorInfo"
)

// standardKeys checks the three keys that Tencent requires and MsgBody, whose
// shape is got wrong most often. The rest of keys becomes the reply's Extra.
func standardKeys(keys map[string]json.RawMessage) (sdk.Reply, []Flaw) {
	var (
		reply  sdk.Reply
		action string
		flaws  []Flaw
	)
	for _, read := range []func() *Flaw{
		func() *Flaw { return readAction(keys, &action) },
		func() *Flaw { return readCode(keys, &reply.Code) },
		func() *Flaw { return readInfo(keys, &reply.Info) },
		func() *Flaw { return readMsgBody(keys) },
	} {
		if flaw := read(); flaw != nil {
			flaws = append(flaws, *flaw)
		}
	}
	if flaw := failed(action, reply); flaw != nil && len(flaws) == 0 {
		flaws = append(flaws, *flaw)
	}
	reply.Extra = extra(keys)
	return reply, flaws
}

// missing says that a key is not there, and which misspelling is.
func missing(keys map[string]json.RawMessage, key string) *Flaw {
	for _, other := range slices.Sorted(maps.Keys(keys)) {
		if strings.EqualFold(other, key) {
			return &Flaw{"missing_key", fmt.Sprintf("%s is missing: the body says %s, and keys are case-sensitive", key, other)}
		}
	}
	return &Flaw{"missing_key", key + " is missing"}
}

func readAction(keys map[string]json.RawMessage, action *string) *Flaw {
	raw, found := keys[actionStatus]
	if !found {
		return missing(keys, actionStatus)
	}
	if err := json.Unmarshal(raw, action); err != nil || (*action != "OK" && *action != "FAIL") {
		return &Flaw{"action_status", fmt.Sprintf(`%s is %s; Tencent knows "OK" and "FAIL", in capitals`, actionStatus, raw)}
	}
	return nil
}

func readCode(keys map[string]json.RawMessage, code *int) *Flaw {
	raw, found := keys[errorCode]
	if !found {
		return missing(keys, errorCode)
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return &Flaw{"error_code", fmt.Sprintf("%s is %s; it has to be a whole number, without quotes", errorCode, raw)}
	}
	*code = n
	return nil
}

func readInfo(keys map[string]json.RawMessage, info *string) *Flaw {
	raw, found := keys[errorInfo]
	if !found {
		return missing(keys, errorInfo)
	}
	if raw[0] != '"' {
		return &Flaw{"error_info", fmt.Sprintf("%s is %s; it has to be a string", errorInfo, raw)}
	}
	if err := json.Unmarshal(raw, info); err != nil {
		return &Flaw{"error_info", fmt.Sprintf("%s cannot be read: %v", errorInfo, err)}
	}
	return nil
}

func readMsgBody(keys map[string]json.RawMessage) *Flaw {
	if raw, found := keys["MsgBody"]; found && raw[0] != '[' {
		return &Flaw{"msg_body", "MsgBody is not an array of message elements: " + excerpt(raw)}
	}
	return nil
}

// failed judges ActionStatus FAIL. No page says what it does to a decision; to
// an event it says that the handler did not do its work.
func failed(action string, reply sdk.Reply) *Flaw {
	if action != "FAIL" {
		return nil
	}
	if reply.Code == 0 {
		return &Flaw{"fail_with_0", "ActionStatus FAIL stands with ErrorCode 0: the one says failed, the other done"}
	}
	return &Flaw{"fail", fmt.Sprintf("the reply says FAIL, code %d, %q: the callback was not handled; a refusal says OK and a code", reply.Code, reply.Info)}
}

func extra(keys map[string]json.RawMessage) json.RawMessage {
	rest := maps.Clone(keys)
	for _, key := range []string{actionStatus, errorCode, errorInfo} {
		delete(rest, key)
	}
	if len(rest) == 0 {
		return nil
	}
	raw, err := json.Marshal(rest)
	if err != nil {
		return nil // cannot be: every value was decoded from JSON
	}
	return raw
}
