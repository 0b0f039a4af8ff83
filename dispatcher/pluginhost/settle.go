package pluginhost

import (
	"context"

	"github.com/switchhook/switchhook/sdk/wire"
)

// configure hands the process its settings: first to the schema that it gave, then
// to itself on trial, then for good. What is refused on the way has started
// nothing, so that a mistake of the operator's opens no database.
func (in *instance) configure(ctx context.Context, p plan, dataDir string) error {
	schema := in.description.ConfigSchema
	in.curtain.draw(p, schema)
	unusable, err := checkSettings(p.name, schema, p.config)
	if err != nil {
		return err
	}
	if unusable != nil {
		in.log.WarnContext(ctx, "the plugin's schema of its settings cannot be used, so only the plugin checks them", "err", in.curtain.err(unusable))
	}
	settings := wire.Configuration{Config: orEmpty(p.config), DataDir: dataDir, PluginName: p.name, Replica: in.number}
	if takesTrials(*in.description) && !p.debug {
		trial := settings
		trial.DryRun = true
		if err := in.client.Configure(ctx, trial); err != nil {
			return err
		}
	}
	return in.client.Configure(ctx, settings)
}

// takesTrials reports whether a plugin knows a dry run of its settings for one. The
// protocol asks it of every plugin; the SDK is known to keep it. Any other that
// took it in earnest would be configured twice, and its one Configure refuses bad
// settings as well.
func takesTrials(d wire.Description) bool { return d.SDKVersion != "" }
