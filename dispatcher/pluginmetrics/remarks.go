package pluginmetrics

import (
	"context"
	"log/slog"
	"time"
)

// remark logs that a collection failed or was late: once for each plugin and outcome,
// and again only when a process was asked with success since, ten minutes later at the
// earliest. What a process says as
// its error may be its own words. Data that is bad is remarkDrops's.
func (c *Collector) remark(p *process, result string, err error) {
	if result != resultTimeout && result != resultFailed { // it has answered, and in time
		p.plugin.well(resultTimeout, p.source.Replica)
		p.plugin.well(resultFailed, p.source.Replica)
		return
	}
	if err == nil {
		err = errLate
	}
	if p.plugin.unwell(result, p.source.Replica) {
		c.log(p, "plugin metrics not collected", slog.String("result", result), slog.Any("err", err))
	}
}

// remarkDrops logs what was left out: once for each plugin and reason, and again only
// when nothing was left out for it since, in an answer that could be read, ten minutes
// later at the earliest. No value of a label is in it.
func (c *Collector) remarkDrops(p *process, dropped drops, err error) {
	for _, r := range Reasons() {
		d, ok := dropped[r]
		if !ok {
			if err == nil {
				p.plugin.well(string(r), p.source.Replica)
			}
			continue
		}
		if !p.plugin.unwell(string(r), p.source.Replica) {
			continue
		}
		about := []slog.Attr{slog.String("reason", string(r)), slog.String("family", d.name), slog.Int("count", d.count)}
		if d.holder != "" {
			about = append(about, slog.String("held_by", d.holder))
		}
		if err != nil {
			about = append(about, slog.Any("err", err))
		}
		c.log(p, "plugin metrics left out", about...)
	}
}

func (c *Collector) log(p *process, what string, about ...slog.Attr) {
	about = append([]slog.Attr{slog.String("plugin", p.plugin.name), slog.Int("replica", p.source.Replica)}, about...)
	c.options.Logger.LogAttrs(context.Background(), slog.LevelWarn, what, about...) //nolint:sloglint // Its callers' are constants.
}

// remarkPause is how long nothing is logged of what was logged before: a plugin that is
// well at every other scrape would fill the log otherwise.
const remarkPause = 10 * time.Minute

// unwell takes note that something is wrong with a replica, and reports whether that is
// to be logged: all of them were well, and the log did not say so lately.
func (p *plugin) unwell(what string, replica int) bool {
	news := len(p.wrong[what]) == 0
	if news {
		p.wrong[what] = make(map[int]struct{})
	}
	p.wrong[what][replica] = struct{}{}
	if told, ok := p.told[what]; !news || ok && time.Since(told) < remarkPause {
		return false
	}
	p.told[what] = time.Now()
	return true
}

func (p *plugin) well(what string, replica int) { delete(p.wrong[what], replica) }
