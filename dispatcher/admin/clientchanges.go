package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// ChangePlugin reloads, restarts, disables, enables or rolls back a plugin. An error
// is the gateway's own word on what became of it. It works through the unix socket
// alone.
func (c *Client) ChangePlugin(ctx context.Context, o PluginOrder) (Swap, error) {
	var swap Swap
	err := c.change(ctx, pathPlugins+"/"+url.PathEscape(o.Name)+"/"+string(o.Action), o, &swap)
	return swap, err
}

// Bypass has a before-command answered without its plugin for a while, or ends that.
// It works through the unix socket alone.
func (c *Client) Bypass(ctx context.Context, o BypassOrder) (BypassReport, error) {
	var report BypassReport
	err := c.change(ctx, pathAround, o, &report)
	return report, err
}

// change posts order to path.
func (c *Client) change(ctx context.Context, path string, order, answer any) error {
	if !c.socket {
		return fmt.Errorf("ask %s for a change: changes go through the unix socket: give --admin <data_dir>/%s", c.target, SocketName)
	}
	_, err := c.do(ctx, http.MethodPost, path, order, answer)
	return err
}
