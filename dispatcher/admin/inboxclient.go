package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrNoInbox is what [Client.InboxEvent] returns where the gateway has no inbox.
var ErrNoInbox = errors.New("no inbox")

// ErrNoEvent is what [Client.InboxEvent] returns for an id that the inbox does not have.
var ErrNoEvent = errors.New("no event")

// Inbox asks for the inbox at a glance.
func (c *Client) Inbox(ctx context.Context) (InboxStatus, error) {
	var s InboxStatus
	_, err := c.do(ctx, http.MethodGet, pathInbox, nil, &s)
	return s, err
}

// InboxEvents asks for a page. Cursor is the Next of an earlier one and takes the
// place of q.After.
func (c *Client) InboxEvents(ctx context.Context, q InboxQuery, cursor string) (InboxList, error) {
	var list InboxList
	if cursor == "" {
		cursor = q.After.String()
	}
	_, err := c.do(ctx, http.MethodGet, pathInboxEvents+"?"+q.parameters(cursor), nil, &list)
	return list, err
}

func (q InboxQuery) parameters(cursor string) string {
	values := url.Values{}
	for name, value := range map[string]string{
		"app": q.App, "command": q.Command, "plugin": q.Plugin, "id": q.ID, "key": q.Key, "reason": q.Reason,
		"status": strings.Join(q.States, ","), "cursor": cursor,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !at.IsZero() {
			values.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	for name, on := range map[string]bool{"newest": q.Newest, "bodies": q.Bodies} {
		if on {
			values.Set(name, "true")
		}
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return values.Encode()
}

// InboxEvent asks for one event and all its copies. The error is an [ErrNoEvent]
// where the inbox has none of that id.
func (c *Client) InboxEvent(ctx context.Context, id string, bodies bool) (InboxDetail, error) {
	var detail InboxDetail
	path := pathInboxEvents + "/" + url.PathEscape(id)
	if bodies {
		path += "?bodies=true"
	}
	code, err := c.do(ctx, http.MethodGet, path, nil, &detail)
	switch {
	case code != http.StatusNotFound || err == nil:
		return detail, err
	case strings.Contains(err.Error(), "no event"):
		return detail, fmt.Errorf("%w %q: it was never accepted, or is older than the retention", ErrNoEvent, id)
	default: // also an older gateway, which does not know the path
		return detail, fmt.Errorf("%w: %w", ErrNoInbox, err)
	}
}

// InboxReplay has copies delivered again. Progress may be nil.
func (c *Client) InboxReplay(ctx context.Context, o InboxReplayOrder, progress func(InboxReplayReport)) (InboxReplayReport, error) {
	return follow[InboxReplayReport](ctx, c, pathInboxReplay, o, progress)
}

// InboxDrop lets go of dead letters.
func (c *Client) InboxDrop(ctx context.Context, o InboxDropOrder, progress func(InboxWork)) (InboxDropReport, error) {
	return follow[InboxDropReport](ctx, c, pathInboxDrop, o, progress)
}

// InboxBackup has a consistent copy written to a new file of the gateway's machine.
func (c *Client) InboxBackup(ctx context.Context, o InboxBackupOrder, progress func(InboxWork)) (InboxBackupReport, error) {
	return follow[InboxBackupReport](ctx, c, pathInboxBackup, o, progress)
}

// InboxCheck has everything read, and returns what is wrong.
func (c *Client) InboxCheck(ctx context.Context, progress func(InboxWork)) (InboxCheckReport, error) {
	return follow[InboxCheckReport](ctx, c, pathInboxCheck, nil, progress)
}

// InboxMove gives everything of one plugin to another name.
func (c *Client) InboxMove(ctx context.Context, o InboxMoveOrder) (InboxChangeReport, error) {
	return follow[InboxChangeReport](ctx, c, pathInboxMove, o, func(InboxWork) {})
}

// InboxUnsubscribe forgets a subscription.
func (c *Client) InboxUnsubscribe(ctx context.Context, o InboxSubscriptionOrder) (InboxChangeReport, error) {
	return follow[InboxChangeReport](ctx, c, pathInboxRemove, o, func(InboxWork) {})
}

// InboxBackfill gives a plugin the earlier events of a pattern.
func (c *Client) InboxBackfill(ctx context.Context, o InboxSubscriptionOrder, progress func(InboxWork)) (InboxChangeReport, error) {
	return follow[InboxChangeReport](ctx, c, pathInboxBackfill, o, progress)
}

// follow posts an order for long work, hands on how far it is, and returns what it
// came to. It lasts as long as ctx: the end of ctx ends the work.
func follow[R, P any](ctx context.Context, c *Client, path string, order any, progress func(P)) (result R, err error) {
	if !c.socket {
		return result, fmt.Errorf("ask %s for a change: changes go through the unix socket: give --admin <data_dir>/%s", c.target, SocketName)
	}
	text := []byte(nil)
	if order != nil {
		if text, err = json.Marshal(order); err != nil {
			return result, fmt.Errorf("ask gateway at %s: %w", c.target, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(text))
	if err != nil {
		return result, fmt.Errorf("ask gateway at %s: %w", c.target, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return result, c.unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
		if err != nil {
			return result, fmt.Errorf("read answer of gateway at %s: %w", c.target, err)
		}
		err = c.decode(resp, path, body, &result)
		if resp.StatusCode == http.StatusNotFound && strings.Contains(err.Error(), ErrNotFound.Error()) {
			err = NotFound(err)
		}
		return result, err
	}
	return readLines[R](ctx, c, resp.Body, progress)
}

// readLines reads an answer in lines up to its result.
func readLines[R, P any](ctx context.Context, c *Client, body io.Reader, progress func(P)) (result R, err error) {
	decoder := json.NewDecoder(body)
	for {
		var line struct {
			Progress *P     `json:"progress"`
			Result   *R     `json:"result"`
			Error    string `json:"error"`
		}
		err := decoder.Decode(&line)
		switch {
		case ctx.Err() != nil:
			return result, fmt.Errorf("the work was broken off, and what was done until then is kept: %w", context.Cause(ctx))
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return result, fmt.Errorf("gateway at %s stopped before the work was done; what was done until then is kept", c.target)
		case err != nil:
			return result, fmt.Errorf("read answer of gateway at %s: %w", c.target, err)
		case line.Error != "":
			return result, fmt.Errorf("gateway at %s refused: %s", c.target, line.Error)
		case line.Result != nil:
			return *line.Result, nil
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}
