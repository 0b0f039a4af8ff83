package cli

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// defaultDataDir is where a gateway keeps its data unless told otherwise, and so
// where its admin socket is looked for.
const defaultDataDir = "data"

// ask opens a client of the running gateway's admin side for the length of
// question.
func (c *console) ask(question func(client *admin.Client) error) error {
	target := c.admin
	if target == "" {
		target = filepath.Join(defaultDataDir, admin.SocketName)
	}
	client, err := admin.NewClient(target)
	if err != nil {
		return &usageError{err: err}
	}
	defer client.Close()
	return question(client)
}

// onThisMachine reports whether the admin side is asked through its unix socket,
// which only the gateway's own user can open.
func (c *console) onThisMachine() bool { return !strings.Contains(c.admin, "://") }

func (c *console) status(ctx context.Context) (status admin.Status, err error) {
	err = c.ask(func(client *admin.Client) error {
		status, err = client.Status(ctx)
		return err
	})
	return status, err
}

func (c *console) plugins(ctx context.Context) (plugins []admin.Plugin, err error) {
	err = c.ask(func(client *admin.Client) error {
		plugins, err = client.Plugins(ctx)
		return err
	})
	return plugins, err
}

func (c *console) routes(ctx context.Context) (routes []admin.Route, err error) {
	err = c.ask(func(client *admin.Client) error {
		routes, err = client.Routes(ctx)
		return err
	})
	return routes, err
}
