package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// answerLimit caps what a client reads of one answer; 10,000 routes need a
	// third of it.
	answerLimit = 16 << 20
	// bodiesLimit is that of an answer with bodies: one of 8 MiB, and less than
	// bodiesPage before it, each byte of them written as \u0000.
	bodiesLimit = 80 << 20
	// readTimeout bounds a read that the caller gave no deadline.
	readTimeout = 10 * time.Second
	// changeTimeout bounds a change that the caller gave no deadline: a reload
	// waits for plugins to start.
	changeTimeout = 2 * time.Minute
)

// ErrNoGateway is what a [Client] returns when nobody listens where it asks. It
// lets a caller tell "not running" from "refused".
var ErrNoGateway = errors.New("no gateway answers")

// Client asks a running gateway. It is safe for concurrent use. A context without
// a deadline gets one: ten seconds for a read, two minutes for a change.
type Client struct {
	target string // as the user wrote it, for messages
	base   string
	socket bool
	http   *http.Client
}

// NewClient returns a client for target: the path of a unix socket, or an http
// or https URL. Nothing is dialled yet.
func NewClient(target string) (*Client, error) {
	transport := &http.Transport{MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second}
	c := &Client{target: target, http: &http.Client{
		Transport: transport,
		// A redirect can only be something else that answers on the port.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if strings.Contains(target, "://") {
		u, err := url.Parse(target)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("admin address %q is neither the path of a unix socket nor an http:// or https:// URL", target)
		}
		c.base = u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/")
		return c, nil
	}
	if target == "" {
		return nil, errors.New("admin address is empty: give the path of a unix socket or a URL")
	}
	if err := checkPathLength(target, dialPathLimit); err != nil {
		return nil, err
	}
	c.base, c.socket = "http://localhost", true
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", target)
	}
	return c, nil
}

// Status asks for the gateway as a whole.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	_, err := c.do(ctx, http.MethodGet, pathStatus, nil, &s)
	return s, err
}

// Plugins asks for the plugins, in the gateway's order.
func (c *Client) Plugins(ctx context.Context) ([]Plugin, error) {
	var list PluginList
	_, err := c.do(ctx, http.MethodGet, pathPlugins, nil, &list)
	return list.Plugins, err
}

// Routes asks for the routes, sorted by app and command.
func (c *Client) Routes(ctx context.Context) ([]Route, error) {
	var list RouteList
	_, err := c.do(ctx, http.MethodGet, pathRoutes, nil, &list)
	return list.Routes, err
}

// Ready asks whether the gateway answers callbacks. A gateway that says no has
// answered: the error is nil and ready false.
func (c *Client) Ready(ctx context.Context) (r Readiness, ready bool, err error) {
	code, err := c.do(ctx, http.MethodGet, pathReady, nil, &r)
	return r, code == http.StatusOK, err
}

// Reload makes the gateway read its configuration again. When it refuses, the
// error carries every problem, a line each, and what was configured before holds.
// It works through the unix socket alone.
func (c *Client) Reload(ctx context.Context) (ReloadReport, error) {
	var report ReloadReport
	if !c.socket {
		return report, fmt.Errorf("reload configuration at %s: changes go through the unix socket: give --admin <data_dir>/%s", c.target, SocketName)
	}
	_, err := c.do(ctx, http.MethodPost, pathReload, nil, &report)
	return report, err
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// do sends one request, with order as its body unless that is nil, and decodes its
// answer into answer. The status is zero where there was none.
func (c *Client) do(ctx context.Context, method, path string, order, answer any) (int, error) {
	if _, ok := ctx.Deadline(); !ok {
		limit := readTimeout
		if method == http.MethodPost {
			limit = changeTimeout
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var content io.Reader
	if order != nil {
		text, err := json.Marshal(order)
		if err != nil {
			return 0, fmt.Errorf("ask gateway at %s: %w", c.target, err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return 0, fmt.Errorf("ask gateway at %s: %w", c.target, err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, c.unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	most := int64(answerLimit)
	if strings.HasPrefix(path, pathInboxEvents) {
		most = bodiesLimit
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return resp.StatusCode, fmt.Errorf("read answer of gateway at %s: %w", c.target, err)
	}
	if int64(len(body)) > most {
		return resp.StatusCode, fmt.Errorf("read answer of gateway at %s: more than %d bytes", c.target, most)
	}
	return resp.StatusCode, c.decode(resp, path, body, answer)
}

// unreached explains why there was no answer, in terms of what the user can do.
func (c *Client) unreached(err error) error {
	var dial *net.OpError
	refused := errors.As(err, &dial) && dial.Op == "dial"
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("open %s: permission denied: only the user that runs the gateway may", c.target)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("ask gateway at %s: %w", c.target, context.Canceled)
	case refused:
		return fmt.Errorf("%w at %s: is it running? (--admin names another socket or URL): %w", ErrNoGateway, c.target, dial.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("gateway at %s did not answer in time: %w", c.target, context.DeadlineExceeded)
	default:
		return fmt.Errorf("ask gateway at %s: %w", c.target, err)
	}
}

// decode reads a good answer into answer, and turns a refusal into an error.
func (c *Client) decode(resp *http.Response, path string, body []byte, answer any) error {
	unready := path == pathReady && resp.StatusCode == http.StatusServiceUnavailable
	if resp.StatusCode == http.StatusOK || unready {
		if err := json.Unmarshal(body, answer); err != nil {
			return fmt.Errorf("read answer of gateway at %s: is this a Switchhook admin address? %w", c.target, err)
		}
		return nil
	}
	var refusal ErrorBody
	if err := json.Unmarshal(body, &refusal); err != nil || refusal.Error == "" {
		return fmt.Errorf("%s answered %s to %s: is this a Switchhook admin address?", c.target, resp.Status, path)
	}
	return fmt.Errorf("gateway at %s refused: %s", c.target, refusal.Error)
}
