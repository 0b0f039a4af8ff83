package imevent

import (
	"encoding/json"

	"github.com/switchhook/switchhook/sdk"
)

// targets says where a body lists the accounts that may be refused one by one.
type targets struct{ list, account string }

// targetsIn names the list and the field of its items that holds the account.
func targetsIn(list, account string) targets { return targets{list: list, account: account} }

// read returns the accounts that body asks about, each once and in its order.
// readable is false when the body is not an object or has no such list.
func (t targets) read(body []byte) (accounts []string, readable bool) {
	list, found := lookup(body, t.list)
	if !found {
		return nil, false
	}
	if list[0] != '[' { // a list of one, without its brackets
		account, ok := t.accountIn(list)
		return []string{account}, ok
	}
	seen := make(map[string]bool)
	w := walk(list, '[')
	for {
		item, more := w.element()
		if !more {
			return accounts, w.intact()
		}
		account, ok := t.accountIn(item)
		if !ok {
			return nil, false
		}
		if !seen[account] {
			seen[account] = true
			accounts = append(accounts, account)
		}
	}
}

// accountIn returns the account in one item of the list.
func (t targets) accountIn(item []byte) (string, bool) {
	value := item
	if item[0] == '{' {
		found := false
		if value, found = lookup(item, t.account); !found {
			return "", false
		}
	}
	account, ok := textOf(value)
	return account, ok && account != ""
}

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

// resultsIn reads the verdicts of a reply that has passed its check.
func resultsIn(extra json.RawMessage) []result {
	var reply struct {
		Results []result `json:"ResultItem"`
	}
	if json.Unmarshal(extra, &reply) != nil {
		return nil
	}
	return reply.Results
}
