package sqlite

import (
	"context"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// examine looks at what an unclean stop has left in dir, before SQLite opens it.
func examine(context.Context, string) (*store.Loss, error) {
	return nil, nil //nolint:nilnil // no loss, no error
}
