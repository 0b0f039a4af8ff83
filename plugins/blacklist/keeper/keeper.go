package keeper

import (
	"context"
	"log/slog"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/serve"
)

const help = `Keeps who has blocked whom in SQLite: one row for each pair of accounts, with the
last thing that Tencent said of it. Callbacks may come twice and out of order.

Read it with

    sqlite3 -readonly -box 'file:DATA_DIR/blacklist.db' 'SELECT * FROM blacklist ORDER BY since DESC LIMIT 20'
`

// Plugin returns the plugin, not yet started. Each call returns one of its own.
func Plugin() serve.Plugin {
	k := &keeper{config: defaults()}
	k.metrics = newMetrics(k.size)
	var mux sdk.Mux
	// The order of callbacks is in the rows: a second delivery changes nothing.
	sdk.On(&mux, imevent.SnsBlackListAdd, k.added).Idempotent = true
	sdk.On(&mux, imevent.SnsBlackListDelete, k.deleted).Idempotent = true
	return serve.Plugin{
		Name:      "blacklist",
		Help:      help,
		Mux:       &mux,
		Config:    &k.config,
		Instances: serve.Shared, // several processes may write one file
		State:     serve.StateLocal,
		Accepts:   []sdk.Purpose{sdk.Replay, sdk.DryRun},
		Start:     k.start,
		Close:     k.close,
		Health:    k.health,
		Metrics:   k.metrics.registry.Snapshot,
	}
}

type keeper struct {
	config  config
	metrics *metrics
	log     *slog.Logger // from start on, as store
	store   *store.Store
}

func (k *keeper) start(ctx context.Context, env serve.Env) (err error) {
	patience, err := k.config.busyTimeout()
	if err != nil {
		return err
	}
	path := k.config.file(env.DataDir)
	k.log = env.Logger
	k.store, err = store.Open(ctx, store.Options{Path: path, BusyTimeout: patience, Logger: env.Logger})
	if err != nil {
		return err
	}
	k.log.InfoContext(ctx, "blacklist opened", "path", path)
	return nil
}

func (k *keeper) close(ctx context.Context) error { return k.store.Close(ctx) }

// size is what the file takes: nothing before the start.
func (k *keeper) size() float64 {
	if k.store == nil {
		return 0
	}
	return float64(k.store.Size())
}

func (k *keeper) health(ctx context.Context) error { return k.store.Check(ctx) }
