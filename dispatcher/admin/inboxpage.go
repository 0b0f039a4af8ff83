package admin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// bodiesStep is how many copies are read at once with their bodies, and bodiesPage
	// how many bytes of those end a page: a client takes only so much at once.
	bodiesStep = 8
	bodiesPage = 4 << 20
)

// copiesOf returns all copies of an event, of which the first alone has the body.
func (in *Inbox) copiesOf(ctx context.Context, id string, body bool) (copies []InboxCopy, err error) {
	query := InboxQuery{InboxFilter: InboxFilter{ID: id}, Limit: 1, Bodies: body}
	for more := true; more; more = query.After != nil {
		page, err := in.Events(ctx, query)
		if err != nil {
			return nil, err
		}
		copies, query.After = append(copies, page.Copies...), page.Next
		if len(copies) > 0 {
			query.Limit, query.Bodies = maxInboxPage, false
		}
	}
	return copies, nil
}

// page is Events, but that a page with bodies ends early where they are large.
func (in *Inbox) page(ctx context.Context, q InboxQuery) (page InboxPage, err error) {
	if !q.Bodies {
		return in.Events(ctx, q)
	}
	size := 0
	for limit := q.Limit; ; {
		q.Limit = min(bodiesStep, limit-len(page.Copies))
		step, err := in.Events(ctx, q)
		if err != nil {
			return InboxPage{}, err
		}
		for i, c := range step.Copies {
			page.Copies = append(page.Copies, c)
			if size += len(c.Body); size >= bodiesPage && i < len(step.Copies)-1 {
				page.Next = &InboxCursor{Seq: c.Seq, Plugin: c.Plugin}
				return page, nil
			}
		}
		page.Next, q.After = step.Next, step.Next
		if step.Next == nil || len(step.Copies) == 0 || len(page.Copies) == limit || size >= bodiesPage {
			return page, nil
		}
	}
}

// String returns the cursor as a client gives it back; nil is empty.
func (c *InboxCursor) String() string {
	if c == nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatUint(c.Seq, 10) + "." + c.Plugin))
}

func readCursor(text string) (*InboxCursor, error) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("decode cursor: %w", err)
	}
	seq, plugin, whole := strings.Cut(string(plain), ".")
	if !whole {
		return nil, errors.New("decode cursor: a part is missing")
	}
	n, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("decode cursor: %w", err)
	}
	return &InboxCursor{Seq: n, Plugin: plugin}, nil
}
