package admin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

func TestClientReadsTheOutcomesOfOneCommand(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	callbacks := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchhook_callbacks_total", Help: "x"}, []string{"command", "outcome"})
	registry.MustRegister(callbacks)
	callbacks.WithLabelValues("Sns.CallbackFriendAdd", "ok").Add(3)
	callbacks.WithLabelValues("Sns.CallbackFriendAdd", "malformed").Inc()
	callbacks.WithLabelValues("Sns.CallbackFriendAddMore", "ok").Inc()
	o := options()
	o.Gatherer = registry
	socket, tcp := start(t, o)
	counts, err := socket.Outcomes(t.Context(), "Sns.CallbackFriendAdd")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]float64{"ok": 3, "malformed": 1}, counts); diff != "" {
		t.Error(diff)
	}
	if counts, err := tcp.Outcomes(t.Context(), "Sns.CallbackOther"); err != nil || len(counts) != 0 {
		t.Errorf("%v, %v", counts, err)
	}
}
