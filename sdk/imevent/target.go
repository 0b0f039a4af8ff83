package imevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/sdk"
)

// targets says whom a body asks about, where some may be refused alone. It reads
// the body as the command's event, so that the gateway and a plugin's handler never
// disagree about who that is.
type targets struct {
	list string // the key of the list, for error texts
	of   func(body []byte) (accounts []string, readable bool)
}

// targetsOf returns the targets of an event.
func targetsOf[E interface{ Targets() []string }](list string) targets {
	return targets{list: list, of: func(body []byte) ([]string, bool) {
		var ev E
		if decode(body, &ev) != nil {
			return nil, false
		}
		return ev.Targets(), true
	}}
}

// any reports whether there can be targets at all.
func (t targets) any() bool { return t.of != nil }

// read returns the accounts that body asks about, each once and in its order.
// readable is false when the body is not the command's event; an event without
// targets asks about nobody.
func (t targets) read(body []byte) (accounts []string, readable bool) { return t.of(body) }

// resultKey is the reply key that the Sns.CallbackPrev commands are answered in.
const resultKey = "ResultItem"

// result is one item of ResultItem: the verdict on one target.
type result struct {
	Account string `json:"To_Account"`
	Code    int    `json:"ResultCode"`
	Info    string `json:"ResultInfo"`
}

// resultsReply puts verdicts into a reply. Its code is 0 always, for any other
// would let every target through.
func resultsReply(results []result) sdk.Reply {
	extra, err := json.Marshal(map[string][]result{resultKey: results})
	if err != nil {
		panic("imevent: marshal results: " + err.Error()) // strings and ints always marshal
	}
	return sdk.Reply{Extra: extra}
}

// resultsFor gives every account the same verdict; it is never nil, since a list
// without items is still a list.
func resultsFor(accounts []string, code int, info string) []result {
	results := make([]result, len(accounts))
	for i, account := range accounts {
		results[i] = result{Account: account, Code: code, Info: info}
	}
	return results
}

// resultsIn reads the verdicts of a reply. Keys count as they are spelt, each once:
// Tencent need not read others as encoding/json would. The error says which item is
// not of the form {"To_Account": …, "ResultCode": …, "ResultInfo": …}.
func resultsIn(extra json.RawMessage) ([]result, error) {
	list, ok := lookup(extra, resultKey)
	if !ok || list[0] != '[' {
		return nil, nil
	}
	return readResults(list)
}

func readResults(list []byte) ([]result, error) {
	results := make([]result, 0, count(list))
	w := walk(list, '[')
	for n := 0; ; n++ {
		item, ok := w.element()
		if !ok {
			return results, nil
		}
		r, err := readResult(item)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", n, err)
		}
		results = append(results, r)
	}
}

func readResult(item []byte) (r result, err error) {
	account, err := only(item, "To_Account", `"`, "a string")
	if err != nil {
		return result{}, err
	}
	code, err := only(item, "ResultCode", "-0123456789", "a number")
	if err != nil {
		return result{}, err
	}
	if json.Unmarshal(code, &r.Code) != nil {
		return result{}, errors.New("ResultCode is no whole number")
	}
	info, err := only(item, "ResultInfo", `"`, "a string")
	if err != nil {
		return result{}, err
	}
	r.Account, r.Info = stringOf(unquoted(account)), stringOf(unquoted(info))
	return r, nil
}

// only returns the value of the key, which has to stand in the object item once,
// spelt so, and to begin with one of the characters of opening.
func only(item []byte, key, opening, want string) (found []byte, err error) {
	w := walk(item, '{')
	for {
		name, value, ok := w.member()
		switch {
		case !ok && (len(found) == 0 || strings.IndexByte(opening, found[0]) < 0):
			return nil, fmt.Errorf("%s is %s, want %s", key, kindOf(found), want)
		case !ok:
			return found, nil
		case !strings.EqualFold(stringOf(name), key):
			continue
		case found != nil || string(name) != key:
			return nil, fmt.Errorf("%s stands there twice, or is spelt otherwise", key)
		}
		found = value
	}
}
