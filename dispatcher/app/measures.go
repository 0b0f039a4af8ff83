package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/dispatcher/pluginmetrics"
)

// openMeasures has a scrape ask the plugins what they measure of themselves.
func (a *App) openMeasures(context.Context) error {
	c, err := pluginmetrics.New(pluginmetrics.Options{Plugins: a.measured, Logger: a.log})
	if err != nil {
		return err
	}
	a.measures = c
	a.onClose("plugin metrics", func(context.Context) error {
		c.Close()
		return nil
	})
	if err := a.registry.Register(c); err != nil {
		return fmt.Errorf("register the plugins' own metrics: %w", err)
	}
	return nil
}

// measured are the plugins that measure themselves, as their collector knows them.
func (a *App) measured() []pluginmetrics.Plugin {
	measured := a.host.Measured()
	plugins := make([]pluginmetrics.Plugin, len(measured))
	for i, m := range measured {
		plugins[i].Name = m.Plugin
		for _, p := range m.Processes {
			plugins[i].Processes = append(plugins[i].Processes, pluginmetrics.Process{
				ID: p.ID, Replica: p.Replica, Collect: func(ctx context.Context) ([]byte, error) { return collect(ctx, p) },
				Hide: p.Hide,
			})
		}
	}
	return plugins
}

func collect(ctx context.Context, p pluginhost.MeasuredProcess) ([]byte, error) {
	answer, err := p.Collect(ctx)
	if errors.Is(err, pluginhost.ErrMetricsTooLarge) {
		return nil, fmt.Errorf("%w: %w", pluginmetrics.ErrTooLarge, err)
	}
	return answer, err
}
