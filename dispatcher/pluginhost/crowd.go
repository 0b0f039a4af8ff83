package pluginhost

import (
	"cmp"
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
)

// What a plugin's Replicas, Restarts and Window mean when they are left at zero.
const (
	defaultReplicas = 1
	defaultRestarts = 5
	defaultWindow   = 10 * time.Minute
	maxReplicas     = 32
)

// crowd takes over how many processes there are, how often they may be started again
// and how many callbacks they may have, with the usual where nothing is said.
func (p *plan) crowd(c PluginConfig) {
	p.replicas = cmp.Or(c.Replicas, defaultReplicas)
	p.onError = cmp.Or(c.OnError, OnErrorDegrade)
	p.restarts = cmp.Or(c.Restarts, defaultRestarts)
	p.window = cmp.Or(c.Window, defaultWindow)
	p.maxInFlight = cmp.Or(c.MaxInFlight, pool.DefaultMaxInFlight)
	p.maxWait = cmp.Or(c.MaxWait, pool.DefaultMaxWait)
}

// checkCrowd says what of it makes no sense.
func (p *plan) checkCrowd() error {
	switch {
	case p.replicas < 1 || p.replicas > maxReplicas:
		return errors.New("replicas is not between 1 and 32")
	case p.onError != OnErrorDegrade && p.onError != OnErrorAbort:
		return errors.New("on_error is neither degrade nor abort")
	case p.restarts < 1 || p.window <= 0:
		return errors.New("restart wants a budget of at least 1 and a window above 0")
	case p.maxInFlight < 1 || p.maxWait < 0:
		return errors.New("max_in_flight is below 1, or max_wait below 0")
	default:
		return nil
	}
}

// share is how many calls of one command a single process may have.
func (p plan) share() int { return max(1, p.maxInFlight/p.replicas) }
