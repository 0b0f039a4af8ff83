package sdkmetrics_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdkmetrics"
	"github.com/switchhook/switchhook/sdk/serve"
)

func ExampleRegistry() {
	metrics := sdkmetrics.New()
	blocked := promauto.With(metrics).NewCounter(prometheus.CounterOpts{Name: "blocked_total", Help: "Accounts blocked."})

	var mux sdk.Mux
	mux.HandleAny("Sns.CallbackBlackListAdd", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		blocked.Inc()
		return sdk.Reply{}, nil
	}))
	plugin := serve.Plugin{Name: "mine", Mux: &mux, Metrics: metrics.Snapshot}

	snapshot, err := plugin.Metrics(context.Background()) // the gateway asks like this
	fmt.Println(len(snapshot) > 0, err)
	// Output: true <nil>
}
