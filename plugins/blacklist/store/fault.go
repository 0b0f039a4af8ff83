package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/switchhook/switchhook/sdk"
)

// How long to leave the file alone before another attempt is worthwhile.
const (
	waitBusy = time.Second      // another process writes; it will be done
	waitFull = 30 * time.Second // a person has to make room
)

// fault says of err what the gateway has to know. Beyond what it names, a
// failure of the file is an ordinary one: worth another attempt, since a person
// may mend the disk meanwhile.
func fault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		// The driver answers "interrupted" or "no such transaction"; the reason
		// is the context.
		return fmt.Errorf("%w (%w)", err, ctx.Err())
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failure.Code() & 0xff { // the upper bits hold details
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED:
		return sdk.RetryAfter(waitBusy, err)
	case sqlitelib.SQLITE_FULL:
		return sdk.Overloaded(waitFull, err)
	default:
		return err
	}
}
