package imevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/sdk"
)

// Check returns nil when Tencent would read r, a reply to cb, as it was meant;
// otherwise an error that says what is wrong and what to write instead.
//
// It refuses: a verdict or further keys on a command whose reply nobody reads; a
// code without a meaning; keys, or values in a form, that the command's page does
// not have; a rewrite together with a refusal; and for the Sns.CallbackPrev
// commands a code other than 0 (it would let every target through) or a target
// without a ResultItem. When cb's body is unreadable, the targets cannot be told
// and only the form of the items is checked.
//
// A plain OK, which nearly all replies are, costs two comparisons.
func (c *Contract) Check(cb sdk.Callback, r sdk.Reply) error {
	if r.Code == 0 && len(r.Extra) == 0 && len(c.RequiredKeys) == 0 {
		return nil
	}
	if err := c.check(cb, r); err != nil {
		return fmt.Errorf("reply to %s: %w", c.name(), err)
	}
	return nil
}

func (c *Contract) name() string {
	if c.Command == "" {
		return "an undocumented command"
	}
	return c.Command
}

func (c *Contract) check(cb sdk.Callback, r sdk.Reply) error {
	keys, values, err := extraKeys(r.Extra)
	if err != nil || c.open {
		return err
	}
	if err := c.checkCode(r.Code); err != nil {
		return err
	}
	for _, key := range keys {
		if err := c.checkKey(key, values[key], r.Code); err != nil {
			return err
		}
	}
	for _, key := range c.RequiredKeys {
		if values[key] == nil && r.Code == 0 {
			return fmt.Errorf("code 0 needs the key %s", key)
		}
	}
	if c.refuse == refusePerTarget {
		return c.checkResults(cb, values[resultKey])
	}
	return nil
}

// checkCode refuses a code that Tencent gives no meaning.
func (c *Contract) checkCode(code int) error {
	switch {
	case code == 0:
		return nil
	case !c.ReadsReply:
		return fmt.Errorf("code %d: the event has happened and Tencent ignores the code, so acknowledge it, or return an error if it was not handled", code)
	case c.refuse == refusePerTarget:
		return fmt.Errorf("code %d would let every target through: answer code 0 and refuse in ResultItem, with a ResultCode from %d to %d", code, c.Codes.Lowest, c.Codes.Highest)
	case code == codeRefuse, c.Drops(sdk.Reply{Code: code}), c.Codes.Contains(code):
		return nil
	case code == codeDrop:
		return errors.New("code 2 drops silently only where messages are sent: use " + c.codesInWords())
	default:
		return fmt.Errorf("code %d has no meaning here: use %s", code, c.codesInWords())
	}
}

// codesInWords lists the codes that a handler may choose from.
func (c *Contract) codesInWords() string {
	if c.Phase != Before {
		return "0 with an answer, or 1 for none"
	}
	words := "0 to allow, 1 to refuse"
	if c.Drop {
		words += ", 2 to drop silently"
	}
	if c.Codes != (CodeRange{}) {
		words += fmt.Sprintf(", %d to %d to refuse with a text of your own", c.Codes.Lowest, c.Codes.Highest)
	}
	return words
}

// checkKey refuses a key that Tencent does not read here, or not in this form.
func (c *Contract) checkKey(key string, value json.RawMessage, code int) error {
	if !slices.Contains(c.ReplyKeys, key) {
		return c.unknownKey(key)
	}
	if code != 0 {
		return fmt.Errorf("key %s is read only with code 0, and the code is %d: leave one of them out", key, code)
	}
	if err := replyKeys[key].shape(value); err != nil {
		return fmt.Errorf("key %s %w", key, err)
	}
	return nil
}

func (c *Contract) unknownKey(key string) error {
	for _, known := range c.ReplyKeys {
		if strings.EqualFold(key, known) {
			return fmt.Errorf("extra key %q is spelt %s", key, known)
		}
	}
	if len(c.ReplyKeys) == 0 {
		return fmt.Errorf("extra key %q: Tencent reads no further keys here, so leave it out", key)
	}
	return fmt.Errorf("extra key %q: Tencent reads only %s here", key, strings.Join(c.ReplyKeys, " and "))
}

// checkResults wants one verdict for every target of the body. Its errors give
// positions, not accounts: they end in logs, and accounts are personal data.
func (c *Contract) checkResults(cb sdk.Callback, raw json.RawMessage) error {
	results, err := readResults(raw)
	if err != nil {
		return fmt.Errorf("key %s: %w", resultKey, err)
	}
	first := make(map[string]int, len(results)) // the item that holds a target's verdict
	for i, r := range results {
		if r.Code != 0 && !c.Codes.Contains(r.Code) {
			return fmt.Errorf("item %d of %s: ResultCode %d has no meaning: use 0 to allow, %d to %d to refuse",
				i+1, resultKey, r.Code, c.Codes.Lowest, c.Codes.Highest)
		}
		j, twice := first[r.Account]
		if twice && results[j].Code != r.Code {
			return fmt.Errorf("items %d and %d of %s are two verdicts on one target, %d and %d",
				j+1, i+1, resultKey, results[j].Code, r.Code)
		}
		if !twice {
			first[r.Account] = i
		}
	}
	accounts, _ := c.targets.read(cb.Body)
	for i, account := range accounts {
		if _, ok := first[account]; !ok {
			return fmt.Errorf("target %d of %d in %s has no ResultItem (there are verdicts on %d): every target needs one",
				i+1, len(accounts), c.targets.list, len(first))
		}
	}
	return nil
}
