package draw_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/switchhook/switchhook/deploy/draw"
)

func TestPrometheusIsReadInEachOfItsForms(t *testing.T) {
	t.Parallel()
	at := func(seconds, value float64) draw.Point {
		return draw.Point{Time: time.UnixMilli(int64(seconds * 1000)), Value: value}
	}
	for name, form := range map[string]struct {
		answer string
		want   []draw.Series
		fault  string
	}{
		"a matrix": {
			answer: `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[10,"1"],[12.5,"NaN"],[15,"+Inf"]]}]}}`,
			want:   []draw.Series{{Labels: map[string]string{"a": "b"}, Points: []draw.Point{at(10, 1), at(12.5, math.NaN()), at(15, math.Inf(1))}}},
		},
		"a vector": {
			answer: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[10.25,"2e3"]}]}}`,
			want:   []draw.Series{{Labels: map[string]string{}, Points: []draw.Point{at(10.25, 2000)}}},
		},
		"a scalar":  {answer: `{"status":"success","data":{"resultType":"scalar","result":[10,"3"]}}`, want: []draw.Series{{Points: []draw.Point{at(10, 3)}}}},
		"nothing":   {answer: `{"status":"success","data":{"resultType":"vector","result":[]}}`},
		"a text":    {answer: `{"status":"success","data":{"resultType":"string","result":[10,"x"]}}`, fault: "cannot be drawn"},
		"a refusal": {answer: `{"status":"error","errorType":"bad_data","error":"parse error"}`, fault: "bad_data: parse error"},
		"no JSON":   {answer: `404 page not found`, fault: "status 200"},
		"no number": {answer: `{"status":"success","data":{"resultType":"scalar","result":[10,"x"]}}`, fault: "no pair"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, form.answer) }))
			defer server.Close()
			got, err := draw.Prometheus(server.URL, nil)(t.Context(), "x", draw.Range{To: time.Unix(20, 0), Step: time.Second})
			if (err == nil) != (form.fault == "") || err != nil && !strings.Contains(err.Error(), form.fault) {
				t.Errorf("the error is %v", err)
			}
			if diff := cmp.Diff(form.want, got, cmpopts.EquateNaNs()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
