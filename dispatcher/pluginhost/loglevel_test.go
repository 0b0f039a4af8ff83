package pluginhost_test

import (
	"log/slog"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// The level is the operator's to choose, of one plugin too, whatever the gateway's own.
func TestAPluginLogsFromTheOperatorsLevelOn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gateway       slog.Level
		plugin        string
		debug, opened int
	}{
		"the gateway's":                 {slog.LevelDebug, "", 1, 1},
		"the usual":                     {slog.LevelInfo, "", 0, 1},
		"less than the gateway's":       {slog.LevelDebug, "warn", 0, 0},
		"more closely than the gateway": {slog.LevelError, "debug", 1, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &journal{}
			h := build(t, func(o *pluginhost.Options) {
				o.Plugins = []pluginhost.PluginConfig{{Name: "sdk", LogLevel: tt.plugin}}
				o.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: tt.gateway}))
			})
			h.install(t, "sdk", "sdk")
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.close(t)
			if debug, opened := len(log.lines(t, "looked closely")), len(log.lines(t, "opened")); debug != tt.debug || opened != tt.opened {
				t.Errorf("%d lines of debug and %d of info, want %d and %d", debug, opened, tt.debug, tt.opened)
			}
		})
	}
}
