package imevent

// Targets returns the accounts that FromAccount wants as friends, each once.
func (e SnsPrevFriendAddEvent) Targets() []string {
	return accountsOf(e.FriendItem, func(item SnsFriendItem) string { return item.ToAccount })
}

// Targets returns the accounts whose requests are answered, each once.
func (e SnsPrevFriendResponseEvent) Targets() []string {
	return accountsOf(e.ResponseFriendItem, func(item SnsResponseFriendItem) string { return item.ToAccount })
}

func (SnsPrevFriendAddEvent) befriends() {}

func (SnsPrevFriendResponseEvent) befriends() {}
