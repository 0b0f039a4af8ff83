package imevent

import (
	"cmp"
	"encoding/json"

	"github.com/switchhook/switchhook/sdk"
)

// Rewrites reports whether r changes the operation it allows, by a new MsgBody or
// CloudCustomData. At most one handler of a callback may.
func (c *Contract) Rewrites(r sdk.Reply) bool {
	if len(r.Extra) == 0 {
		return false
	}
	w := walk(r.Extra, '{')
	for {
		key, _, ok := w.member()
		if !ok {
			return false
		}
		if replyKeys[stringOf(key)].rewrites {
			return true
		}
	}
}

// Merge joins two replies to one callback, both of which have passed Check, a
// from the earlier handler. A refusal outlasts everything, the earlier one of
// two. Partial refusals are united: an account refused by either is refused. Of
// what both answer, such as a rewrite, the earlier stands. For an after-command a
// reply that has an answer outlasts one that has none.
func (c *Contract) Merge(a, b sdk.Reply) sdk.Reply {
	switch {
	case a.Code != 0 || b.Code != 0:
		if (a.Code != 0) == (c.Phase == Before) {
			return a
		}
		return b
	case len(b.Extra) == 0:
		return a
	case len(a.Extra) == 0:
		return b
	}
	extra, err := unite(a.Extra, b.Extra)
	if err != nil {
		return a
	}
	return sdk.Reply{Info: cmp.Or(a.Info, b.Info), Extra: extra}
}

// unite joins the extra keys of two replies. The error is one that Check finds.
func unite(a, b json.RawMessage) (json.RawMessage, error) {
	_, merged, err := extraKeys(a)
	if err != nil {
		return nil, err
	}
	keys, others, err := extraKeys(b)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		mine, both := merged[key]
		union := replyKeys[key].union
		switch {
		case !both:
			merged[key] = others[key]
		case union != nil:
			merged[key] = union(mine, others[key])
		}
	}
	return marshalled(merged, a), nil
}
