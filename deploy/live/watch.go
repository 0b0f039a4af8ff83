package live

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Watch is what watches gateways: a Prometheus that scrapes them once a second and
// judges the rules of deploy/, hastened, and an Alertmanager that it tells.
type Watch struct {
	Prometheus   Server
	Alertmanager *Alertmanager

	prometheus *process
	targets    int
}

// Labels are some labels of an alert.
type Labels map[string]string

// startWatch starts both in dir, with what lies in deploy. An error leaves what it
// started to close.
func startWatch(ctx context.Context, dir, deploy string, gateways ...*Gateway) (w Watch, err error) {
	if w.Alertmanager, err = startAlertmanager(ctx, filepath.Join(dir, "am")); err != nil {
		return w, err
	}
	rules := filepath.Join(dir, "rules.yaml")
	if err := Hasten(filepath.Join(deploy, "prometheus", "rules.yaml"), rules); err != nil {
		return w, err
	}
	var targets []string
	for _, g := range gateways {
		targets = append(targets, g.Admin)
	}
	w.targets = len(targets)
	scrape := filepath.Join(deploy, "prometheus", "scrape-2.yaml")
	w.prometheus, w.Prometheus, err = startPrometheus(ctx, filepath.Join(dir, "prom"), scrape, rules, w.Alertmanager.address, targets...)
	return w, err
}

// Scraped waits until every gateway was scraped after a time.
func (w *Watch) Scraped(ctx context.Context, after time.Time) error {
	return w.prometheus.await(ctx, "the gateways are scraped", func() bool {
		found, err := w.Prometheus.Instant(ctx, "timestamp(switchhook_build_info)", time.Now())
		return err == nil && len(found) == w.targets && !slices.ContainsFunc(found, func(s Series) bool {
			return s.Points[0].Value <= float64(after.Unix()+1)
		})
	})
}

// Firing waits until an alert with those labels fires in Prometheus.
func (w *Watch) Firing(ctx context.Context, alert string, labels Labels) error {
	selector := fmt.Sprintf(`ALERTS{alertstate="firing",alertname=%q%s}`, alert, labels.matchers())
	return w.prometheus.await(ctx, selector, func() bool {
		found, err := w.Prometheus.Instant(ctx, selector, time.Now())
		return err == nil && len(found) > 0
	})
}

// Delivered waits until an alert that has those labels, and began after a time, was last
// delivered in a state, firing or resolved.
func (w *Watch) Delivered(ctx context.Context, state, alert string, labels Labels, after time.Time) (Alert, error) {
	return w.Alertmanager.delivery(ctx, state, alert, labels, after)
}

func (w *Watch) unwatch() []error { return []error{w.prometheus.close(), w.Alertmanager.close()} }

func (l Labels) matchers() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l)) {
		fmt.Fprintf(&text, ",%s=%q", name, l[name])
	}
	return text.String()
}
