package admin

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Trace asks for the story of callbacks: of the one with that id, or of all with that
// key or trace id. None that match is no error.
func (c *Client) Trace(ctx context.Context, q TraceQuery) (TraceList, error) {
	values := url.Values{"of": {q.Of}}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Cursor != "" {
		values.Set("cursor", q.Cursor)
	}
	var list TraceList
	_, err := c.do(ctx, http.MethodGet, pathTrace+"?"+values.Encode(), nil, &list)
	return list, err
}
