package imevent

// KeyValue is a pair of the app's own: a custom field of a group, of a member, of a
// message.
type KeyValue struct {
	// Key is the name that the app has given it.
	Key string `json:"Key"`
	// Value is its text; some hold JSON.
	Value string `json:"Value" form:"json"`

	Object
}

// Member is an account in a list of members.
type Member struct {
	// Account is the member's UserID.
	Account string `json:"Member_Account"`

	Object
}

// MsgExtension is one key of a message's extension.
type MsgExtension struct {
	// Key is its name.
	Key string `json:"Key"`
	// Value is its value, and empty when it was deleted.
	Value string `json:"Value" form:"json"`
	// Seq is the version of this key; that of all together stands in the event.
	Seq int64 `json:"Seq"`

	Object
}

// accountsOf returns the items' accounts in their order, without repetitions and
// without empty ones, which nobody could name in an answer.
func accountsOf[T any](items []T, account func(T) string) []string {
	accounts := make([]string, 0, len(items))
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		if a := account(item); a != "" && !seen[a] {
			seen[a] = true
			accounts = append(accounts, a)
		}
	}
	return accounts
}
