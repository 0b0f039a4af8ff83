package imevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// replyKey is what is known of a documented reply key, whatever command has it.
type replyKey struct {
	shape    func(raw json.RawMessage) error            // nil error: a value as documented
	union    func(a, b json.RawMessage) json.RawMessage // nil: the first value stands
	rewrites bool                                       // the key changes the operation
}

// replyKeys are the documented reply keys besides the three standard ones.
var replyKeys = map[string]replyKey{
	"MsgBody":                    {shape: shapeMsgBody, rewrites: true},
	"CloudCustomData":            {shape: shapeString, rewrites: true},
	"RspData":                    {shape: shapeString},
	"RefusedMembers_Account":     {shape: shapeAccounts, union: unionAccounts},
	"RefusedSubscribers_Account": {shape: shapeAccounts, union: unionAccounts},
	resultKey:                    {shape: shapeResults, union: unionResults},
}

// standardKeys are written from Code and Info and never stand in Extra.
var standardKeys = []string{"ActionStatus", "ErrorCode", "ErrorInfo"}

// maxDepth is the deepest nesting that the gateway reads and writes.
const maxDepth = 64

// deeperThan reports whether data, which is valid JSON, nests deeper than levels.
func deeperThan(data []byte, levels int) bool {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = stringEnd(data, i) - 1
		case '{', '[':
			if depth++; depth > levels {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// extraKeys reads Extra as one JSON object whose keys stand in it once each.
func extraKeys(extra json.RawMessage) (keys []string, values map[string]json.RawMessage, err error) {
	if len(extra) == 0 {
		return nil, nil, nil
	}
	if !json.Valid(extra) || !utf8.Valid(extra) {
		return nil, nil, errors.New("the extra keys are not valid JSON in UTF-8")
	}
	if deeperThan(extra, maxDepth) {
		return nil, nil, fmt.Errorf("the extra keys are nested deeper than %d levels", maxDepth)
	}
	values = make(map[string]json.RawMessage)
	w := walk(extra, '{')
	for {
		raw, value, ok := w.member()
		if !ok {
			break
		}
		key := stringOf(raw)
		if slices.ContainsFunc(standardKeys, func(s string) bool { return strings.EqualFold(s, key) }) {
			return nil, nil, fmt.Errorf("extra key %q: ActionStatus, ErrorCode and ErrorInfo are written from Code and Info, so leave them out", key)
		}
		if _, twice := values[key]; twice {
			return nil, nil, fmt.Errorf("extra key %q stands there twice", key)
		}
		values[key] = value
		keys = append(keys, key)
	}
	if !w.intact() {
		return nil, nil, errors.New("the extra keys must be one JSON object")
	}
	return keys, values, nil
}

func shapeString(raw json.RawMessage) error {
	if raw[0] != '"' {
		return fmt.Errorf("must be a string, not %s", kindOf(raw))
	}
	return nil
}

// shapeMsgBody wants an array of message elements. An empty one is refused: no
// page says whether Tencent would deliver nothing or the original.
func shapeMsgBody(raw json.RawMessage) error {
	if raw[0] != '[' {
		return fmt.Errorf("must be an array of message elements, not %s", kindOf(raw))
	}
	w := walk(raw, '[')
	for n := 0; ; n++ {
		element, ok := w.element()
		if !ok {
			if n == 0 {
				return errors.New("is empty: leave it out to keep the message, or refuse the message")
			}
			return nil
		}
		if kind, ok := lookup(element, "MsgType"); !ok || kind[0] != '"' || len(kind) == 2 {
			return fmt.Errorf("element %d has no MsgType: each is an object such as {\"MsgType\":\"TIMTextElem\",\"MsgContent\":{\"Text\":\"…\"}}", n)
		}
	}
}

func shapeAccounts(raw json.RawMessage) error {
	if raw[0] != '[' {
		return fmt.Errorf("must be an array of accounts, not %s", kindOf(raw))
	}
	w := walk(raw, '[')
	for n := 0; ; n++ {
		account, ok := w.element()
		if !ok {
			return nil
		}
		if account[0] != '"' || len(account) == 2 {
			return fmt.Errorf("item %d is %s: each is an account as a plain string", n, kindOf(account))
		}
	}
}

// shapeResults wants items as Sns.CallbackPrev commands are answered with; their
// codes and targets are the contract's to check.
func shapeResults(raw json.RawMessage) error {
	if raw[0] != '[' {
		return fmt.Errorf("must be an array with one item per target, not %s", kindOf(raw))
	}
	_, err := readResults(raw)
	return err
}

// unionAccounts joins two lists of refused accounts.
func unionAccounts(a, b json.RawMessage) json.RawMessage {
	var first, second []string
	if json.Unmarshal(a, &first) != nil || json.Unmarshal(b, &second) != nil {
		return a
	}
	union := slices.Concat(first, second)
	seen := make(map[string]bool, len(union))
	return marshalled(slices.DeleteFunc(union, func(account string) bool {
		again := seen[account]
		seen[account] = true
		return again
	}), a)
}

// unionResults joins two lists of verdicts: a refusal of a target wins, the
// earlier one of two.
func unionResults(a, b json.RawMessage) json.RawMessage {
	first, errA := readResults(a)
	second, errB := readResults(b)
	if errA != nil || errB != nil {
		return a
	}
	at := make(map[string]int, len(first))
	for i, verdict := range slices.Backward(first) {
		at[verdict.Account] = i
	}
	for _, verdict := range second {
		i, both := at[verdict.Account]
		switch {
		case !both:
			at[verdict.Account] = len(first)
			first = append(first, verdict)
		case first[i].Code == 0:
			first[i] = verdict
		}
	}
	return marshalled(first, a)
}

func marshalled(v any, otherwise json.RawMessage) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return otherwise
	}
	return raw
}
