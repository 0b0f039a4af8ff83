package wire

import (
	"encoding/json"

	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// Configuration hands a plugin its settings and its place in the world, once a
// process and before the first callback.
type Configuration struct {
	// Config is the plugin's own part of the gateway's file as one JSON object,
	// secrets filled in; empty means an empty object.
	Config json.RawMessage
	// DataDir is the absolute path of a directory that is the plugin's alone and
	// outlives its processes.
	DataDir string
	// PluginName is the name that the gateway runs the plugin under.
	PluginName string
	// Replica numbers this process among those of the plugin, from 0.
	Replica int
	// DryRun asks the plugin to check the settings and to change nothing.
	DryRun bool
}

func (c Configuration) message() *wirepb.ConfigureRequest {
	return &wirepb.ConfigureRequest{
		Config:     c.Config,
		DataDir:    text(c.DataDir),
		PluginName: text(c.PluginName),
		Replica:    number(c.Replica),
		DryRun:     c.DryRun,
	}
}

func configuration(m *wirepb.ConfigureRequest) Configuration {
	return Configuration{
		Config:     m.GetConfig(),
		DataDir:    m.GetDataDir(),
		PluginName: m.GetPluginName(),
		Replica:    int(m.GetReplica()),
		DryRun:     m.GetDryRun(),
	}
}
