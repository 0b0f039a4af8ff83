package pluginhost

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// curtain is what stands between one process and everybody who reads what it says.
// It is drawn before the process gets its settings. A nil one hides nothing.
type curtain struct {
	current atomic.Pointer[settings.Redactor]
}

// newCurtain hides what is known to be secret before the plugin has said what it
// takes for one.
func newCurtain(p plan) *curtain {
	c := &curtain{}
	c.current.Store(settings.NewRedactor(nil, p.secrets))
	return c
}

// draw hides what schema marks, too.
func (c *curtain) draw(p plan, schema json.RawMessage) {
	_, marked := settings.Shield(schema, p.config)
	c.current.Store(settings.NewRedactor(marked, p.secrets))
}

func (c *curtain) redactor() *settings.Redactor {
	if c == nil {
		return nil
	}
	return c.current.Load()
}

// text is [settings.Redactor.Text].
func (c *curtain) text(s string) string { return c.redactor().Text(s) }

// err is [settings.Redactor.Err].
func (c *curtain) err(err error) error { return c.redactor().Err(err) }

// discreet is a link to a process whose faults are read by others.
type discreet struct {
	*wire.Client

	curtain *curtain
}

// HandleIn passes cb on and takes the secrets out of the fault.
func (d discreet) HandleIn(ctx context.Context, cb sdk.Callback, place wire.Place) (sdk.Reply, error) {
	reply, err := d.Client.HandleIn(ctx, cb, place)
	if err != nil {
		err = d.curtain.err(err)
	}
	return reply, err
}
