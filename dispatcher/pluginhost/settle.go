package pluginhost

import (
	"context"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
	"github.com/switchhook/switchhook/sdk/wire"
)

// configure hands the process its settings: first to the schema that it gave, then
// to itself on trial, then for good. What is refused on the way has started
// nothing, so that a mistake of the operator's opens no database.
func (in *instance) configure(ctx context.Context, p plan, dataDir string) error {
	schema := in.description.ConfigSchema
	in.curtain.draw(p, schema)
	unusable, err := settings.Check(p.name, schema, p.config)
	if err != nil {
		return refuseSettings(err)
	}
	if unusable != nil {
		in.log.WarnContext(ctx, "the plugin's schema of its settings cannot be used, so only the plugin checks them", "err", in.curtain.err(unusable))
	}
	given := wire.Configuration{Config: settings.OrEmpty(p.config), DataDir: dataDir, PluginName: p.name, Replica: in.number}
	if takesTrials(*in.description) && !p.debug {
		trial := given
		trial.DryRun = true
		if err := in.client.Configure(ctx, trial); err != nil {
			return err
		}
	}
	return in.client.Configure(ctx, given)
}

// takesTrials reports whether a plugin knows a dry run of its settings for one. The
// protocol asks it of every plugin; the SDK is known to keep it. Any other that
// took it in earnest would be configured twice, and its one Configure refuses bad
// settings as well.
func takesTrials(d wire.Description) bool { return d.SDKVersion != "" }

// refuseSettings is the refusal in a plugin's name; the words are the same as when
// it refuses them itself.
func refuseSettings(mistakes error) error {
	return refuse(exitStart, "it refuses its configuration: %w", mistakes)
}

// checkStored holds the plan's configuration to the schema that the same program
// gave before, so that a mistake in it costs no process. It knows nothing, and so
// has no objection, where the program is another now.
func checkStored(p plan, r record) error {
	if p.reattach != "" || !p.runs() || r.SHA256 == "" || len(r.Description.ConfigSchema) == 0 {
		return nil
	}
	if sum, err := hashProgram(p.path); err != nil || sum != r.SHA256 {
		return nil //nolint:nilerr // The start says what is wrong with the program.
	}
	if _, err := settings.Check(p.name, r.Description.ConfigSchema, p.config); err != nil {
		return refuseSettings(err)
	}
	return nil
}
