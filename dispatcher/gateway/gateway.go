package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
)

// Gateway answers the callbacks of one public listener. Its methods are safe for
// concurrent use.
type Gateway struct {
	options Options
	log     *slog.Logger
	metrics *metrics
	apps    atomic.Pointer[appSet]
	budget  byteBudget
	replies *writer
	bodies  scanners
	handler http.Handler
	server  *http.Server

	certificate *keyPair // nil without TLS

	commandLog throttle
	serverLog  throttle
}

// New returns a Gateway that lets nobody in until [Gateway.SetApps] is called.
// The error names every option that cannot be, or a metric that is already
// registered.
func New(o Options) (*Gateway, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("configure gateway: %w", err)
	}
	g := &Gateway{options: o, log: o.Logger, replies: newWriter(o.WriteTimeout)}
	g.budget.free.Store(o.MaxInFlightBytes)
	m, err := newMetrics(o.Registerer, &g.budget, o.MaxInFlightBytes)
	if err != nil {
		return nil, fmt.Errorf("register the gateway's metrics: %w", err)
	}
	g.metrics = m
	if o.TLS.CertFile != "" {
		if g.certificate, err = newKeyPair(o.TLS, o.Logger, m.certExpiry); err != nil {
			return nil, fmt.Errorf("tls.cert and tls.key: %w", err)
		}
	}
	g.SetApps(nil)
	g.handler = newDoor(g)
	g.server = newServer(g)
	return g, nil
}

// SetApps replaces the apps that are let in, all at once. Requests whose check
// has begun keep the old ones.
func (g *Gateway) SetApps(apps []App) { g.apps.Store(newAppSet(apps)) }

// Handler returns what the public listener serves, for a program that brings its
// own server. Such a server needs limits of its own; [Gateway.Serve] has them.
func (g *Gateway) Handler() http.Handler { return g.handler }
