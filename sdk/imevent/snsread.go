package imevent

var (
	readSnsBlackListAdd       = readerOf[SnsBlackListAddEvent]()
	readSnsBlackListDelete    = readerOf[SnsBlackListDeleteEvent]()
	readSnsFriendAdd          = readerOf[SnsFriendAddEvent]()
	readSnsFriendDelete       = readerOf[SnsFriendDeleteEvent]()
	readSnsPrevFriendAdd      = readerOf[SnsPrevFriendAddEvent]()
	readSnsPrevFriendResponse = readerOf[SnsPrevFriendResponseEvent]()
)

// UnmarshalJSON reads the event leniently; see the package's documentation.
func (e *SnsBlackListAddEvent) UnmarshalJSON(data []byte) error { return readSnsBlackListAdd(data, e) }

// UnmarshalJSON reads the event leniently; see the package's documentation.
func (e *SnsBlackListDeleteEvent) UnmarshalJSON(data []byte) error {
	return readSnsBlackListDelete(data, e)
}

// UnmarshalJSON reads the event leniently; see the package's documentation.
func (e *SnsFriendAddEvent) UnmarshalJSON(data []byte) error { return readSnsFriendAdd(data, e) }

// UnmarshalJSON reads the event leniently; see the package's documentation.
func (e *SnsFriendDeleteEvent) UnmarshalJSON(data []byte) error { return readSnsFriendDelete(data, e) }

// UnmarshalJSON reads the event leniently; see the package's documentation.
func (e *SnsPrevFriendAddEvent) UnmarshalJSON(data []byte) error {
	return readSnsPrevFriendAdd(data, e)
}

// UnmarshalJSON reads the event leniently; see the package's documentation.
func (e *SnsPrevFriendResponseEvent) UnmarshalJSON(data []byte) error {
	return readSnsPrevFriendResponse(data, e)
}

// Targets returns the accounts that FromAccount wants as friends, each once.
func (e SnsPrevFriendAddEvent) Targets() []string {
	return accountsOf(e.FriendItem, func(item SnsFriendItem) string { return item.ToAccount })
}

// Targets returns the accounts whose requests are answered, each once.
func (e SnsPrevFriendResponseEvent) Targets() []string {
	return accountsOf(e.ResponseFriendItem, func(item SnsResponseFriendItem) string { return item.ToAccount })
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
