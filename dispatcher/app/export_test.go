package app

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// AppendAudit appends a line to an audit file that is put aside at limit bytes.
func AppendAudit(path string, limit int64, line any) error {
	return (&auditLog{path: path, limit: limit}).append(line)
}

// Interests says who would be subscribed to what, as "plugin pattern".
func Interests(claims map[string][]sdk.Claim, routes []dispatcher.RouteInfo) []string {
	s := &standing{plugins: make(map[string]pluginhost.Status), routes: routes}
	for name, own := range claims {
		s.plugins[name] = pluginhost.Status{Name: name, Claims: own}
	}
	var all []string
	for _, i := range s.interests() {
		all = append(all, i.plugin+" "+i.pattern)
	}
	return all
}

// Glances returns what health checks look at an inbox with, which has the status.
func Glances(status func(context.Context) (inbox.Status, error)) func() (inbox.Status, error) {
	g := new(glance)
	return func() (inbox.Status, error) { return g.take(status) }
}

// PluginReasons says what is wrong with a plugin.
func PluginReasons(p pluginhost.Status) []admin.Reason { return pluginReasons(p) }

// InboxReasons says what is wrong with an inbox of that status, or with one that cannot
// be opened, has a problem, or does not answer.
func InboxReasons(unopened error, problem string, full bool, silent error, status inbox.Status, orphans map[string]int64) []admin.Reason {
	l := inboxLook{unopened: unopened, problem: problem, full: full, silent: silent, status: status, orphans: orphans}
	return l.reasons()
}

// AcceptUnopened is what becomes of an event while the inbox cannot be opened; refused
// counts it.
func AcceptUnopened(refused prometheus.Counter, why error) error {
	a := &App{refused: refused}
	a.unopened.Store(&why)
	return a.accept(context.Background(), sdk.Callback{Command: "Sns.CallbackBlackListAdd"}, nil)
}

// Inside is a gateway that runs in the test's own process, with all its rooms, its
// listeners and its plugins.
type Inside struct {
	// Handler is what its public listener serves.
	Handler  http.Handler
	Registry *prometheus.Registry
	// Admin is the address of its admin listener.
	Admin string
}

// RunInside runs a gateway until the test ends.
func RunInside(t *testing.T, o Options) *Inside {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	a, err := open(ctx, o)
	if err != nil {
		end()
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- a.run(ctx, nil) }()
	t.Cleanup(func() {
		end()
		if err := errors.Join(<-ran, a.close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	for !a.life.ready() {
		select {
		case err := <-ran:
			ran <- nil
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	return &Inside{Handler: a.gateway.Handler(), Registry: a.registry, Admin: a.adminAddr}
}
