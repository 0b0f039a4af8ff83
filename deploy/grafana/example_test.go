package grafana_test

import (
	"fmt"

	"github.com/switchhook/switchhook/deploy/grafana"
)

func ExampleSubstitute() {
	board, err := grafana.Parse([]byte(`{
		"templating": {"list": [{"name": "job", "type": "query", "includeAll": true, "allValue": ".+"}]},
		"panels": [{"type": "stat", "targets": [{"expr": "rate(x{job=~\"$job\",command=\"$command\"}[$__rate_interval])"}]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	values := board.Values(grafana.Times{Rate: "10s", Interval: "2s", Range: "1m"})
	values["command"] = "State.StateChange"
	fmt.Println(grafana.Substitute(board.Panels[0].Queries[0].Expr, values))
	// Output: rate(x{job=~".+",command="State.StateChange"}[10s]) <nil>
}
