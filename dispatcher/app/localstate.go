package app

import "github.com/switchhook/switchhook/dispatcher/config"

// noLocalState says why a plugin must not keep its state on this machine; empty where it
// may. Of events that gateways share each gateway's plugin is given some, so that each
// would know a part.
func noLocalState(f *config.File) string {
	if !f.Inbox.Shared() {
		return ""
	}
	return "inbox.store is jetstream, so that each of its events is given to one gateway's processes and none of the others learns of it"
}
