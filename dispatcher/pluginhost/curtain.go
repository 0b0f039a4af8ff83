package pluginhost

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// curtain is what stands between one process and everybody who reads what it says.
// It is drawn before the process gets its settings. A nil one hides nothing.
type curtain struct{ current atomic.Pointer[redactor] }

// newCurtain hides what is known to be secret before the plugin has said what it
// takes for one.
func newCurtain(p plan) *curtain {
	c := &curtain{}
	c.current.Store(newRedactor(nil, p.secrets))
	return c
}

// draw hides what schema marks, too.
func (c *curtain) draw(p plan, schema json.RawMessage) {
	_, marked := shield(schema, p.config)
	c.current.Store(newRedactor(marked, p.secrets))
}

func (c *curtain) redactor() *redactor {
	if c == nil {
		return nil
	}
	return c.current.Load()
}

// err is [redactor.err].
func (c *curtain) err(err error) error { return c.redactor().err(err) }

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

// shownConfig is a plugin's configuration as an operator may see it.
func shownConfig(p plan, schema json.RawMessage) json.RawMessage {
	shown, marked := shield(schema, p.config)
	r := newRedactor(marked, p.secrets)
	var value any
	if r == nil || decodeNumbers(shown, &value) != nil {
		return shown
	}
	// Once more by text: for a secret that stands where the schema expects none.
	clean, err := json.Marshal(r.values(value))
	if err != nil {
		return json.RawMessage(`"` + redacted + `"`)
	}
	return clean
}

// values takes the secrets out of the texts in value.
func (r *redactor) values(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			value[key] = r.values(v)
		}
	case []any:
		for i, v := range value {
			value[i] = r.values(v)
		}
	case string:
		return r.text(value)
	}
	return value
}
