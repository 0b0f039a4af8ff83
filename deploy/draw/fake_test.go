package draw_test

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// prometheus is a server with Prometheus's HTTP API, that makes up an answer to
// every query: one series for each value of the labels that the query groups
// by, of a size that suits what is asked for. Queries that have one of the
// words of nothing in them give nothing.
func prometheus(t *testing.T, nothing ...string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.FormValue("query")
		kind, key, times := "vector", "value", []float64{number(r, "time")}
		if strings.HasSuffix(r.URL.Path, "_range") {
			kind, key, times = "matrix", "values", nil
			for at := number(r, "start"); at <= number(r, "end"); at += number(r, "step") {
				times = append(times, at)
			}
		}
		result := []map[string]any{}
		if !slices.ContainsFunc(nothing, func(word string) bool { return strings.Contains(query, word) }) {
			for _, labels := range grouped(query) {
				var values [][2]any
				for _, at := range times {
					values = append(values, [2]any{at, strconv.FormatFloat(value(query, labels, at), 'g', 6, 64)})
				}
				series := map[string]any{"metric": labels, key: values}
				if kind == "vector" {
					series[key] = values[0]
				}
				result = append(result, series)
			}
		}
		answer := map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}}
		if strings.Contains(query, "broken") {
			answer = map[string]any{"status": "error", "errorType": "bad_data", "error": "parse error"}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func number(r *http.Request, name string) float64 {
	value, _ := strconv.ParseFloat(r.FormValue(name), 64)
	return value
}

// grouped returns the labels of each series of an answer.
func grouped(query string) []map[string]string {
	if strings.Contains(query, "switchhook_handler_") {
		return []map[string]string{
			{"__name__": "switchhook_handler_words_matched_total", "plugin": "wordfilter", "replica": "1", "list": "spam"},
			{"__name__": "switchhook_handler_lists_loaded", "plugin": "wordfilter", "replica": "1"},
		}
	}
	by := regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(query, -1)
	if by == nil {
		return []map[string]string{{}}
	}
	labels := by[0][1]
	if strings.Contains(query, "group_right") {
		labels = by[len(by)-1][1]
	}
	found := []map[string]string{{}}
	for label := range strings.SplitSeq(labels, ", ") {
		if strings.Contains(query, "histogram_quantile") && label == "le" {
			continue
		}
		found = crossed(found, label)
	}
	return found
}

// crossed adds to each series each value of a label. A plugin has one version
// and each command one plugin.
func crossed(all []map[string]string, label string) []map[string]string {
	plugins := map[string]string{
		"Group.CallbackBeforeSendMsg": "wordfilter", "C2C.CallbackBeforeSendMsg": "wordfilter", "Sns.CallbackBlackListAdd": "blacklist",
		"State.StateChange": "presence", "Group.CallbackAfterSendMsg": "archive",
	}
	values := map[string][]string{
		"command": {"C2C.CallbackBeforeSendMsg", "Group.CallbackAfterSendMsg", "Group.CallbackBeforeSendMsg", "Sns.CallbackBlackListAdd", "State.StateChange"},
		"plugin":  {"archive", "blacklist", "presence", "wordfilter"}, "outcome": {"accepted", "ok", "rejected", "timeout"},
		"state": {"ready", "retry"}, "reason": {"crash"}, "result": {"done"}, "job": {"switchhook"}, "instance": {"10.0.0.7:9480"}, "level": {"warn", "error"},
		"le":       {"0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "0.75", "1.5", "1.9", "2.5", "+Inf"},
		"protocol": {"1.3"}, "sha256": {"9f2c61aa07de"}, "replica": {"1"}, "code": {"200", "403"}, "brake": {"bypass"}, "target": {"Group.*"},
		"revision": {"75f3abd"}, "goversion": {"go1.26.7"},
		"mode": {"sync"}, "version": {"v1.4.2"}, "app": {"1400000001"}, "alertname": {"SwitchhookPluginDown"}, "severity": {"critical"},
	}[label]
	var found []map[string]string
	for _, labels := range all {
		for _, value := range values {
			if plugin, ok := plugins[labels["command"]]; ok && label == "plugin" {
				value = plugin
			}
			more := map[string]string{label: value}
			maps.Copy(more, labels)
			if len(found) == 0 || label != "plugin" || found[len(found)-1]["command"] == "" || found[len(found)-1]["command"] != more["command"] {
				found = append(found, more)
			}
		}
	}
	return found
}

// value makes up one that suits the query, and moves with time.
func value(query string, labels map[string]string, at float64) float64 {
	hash := fnv.New32a()
	for _, l := range []string{"command", "plugin", "outcome", "state", "le", "instance", "level"} {
		hash.Write([]byte(labels[l]))
	}
	own := float64(hash.Sum32()%1000)/1000 + .2
	wave := 1 + .25*math.Sin(at/400+own*9) + .06*math.Sin(at/37*own)
	has := func(word string) bool { return strings.Contains(query, word) }
	switch {
	case has("not_a_number"):
		return math.NaN()
	case has("plugin_up") && has("sum(1 -"), has("ALERTS"), has("dead"):
		return 1
	case has("plugin_up"), has("_ready{"), has(`state="ok"`):
		if labels["plugin"] == "presence" && math.Mod(at, 1800) < 120 {
			return 0
		}
		return 1
	case has("_bucket") && labels["le"] != "":
		le, err := strconv.ParseFloat(labels["le"], 64)
		if err != nil || math.IsInf(le, 1) {
			le = 10
		}
		return 40 / (1 + math.Exp(-3*(math.Log10(le)+1.6*wave)))
	case has("0.999"):
		return .82 * wave
	case has("histogram_quantile(0.99"):
		return .3 * own * wave
	case has("histogram_quantile"):
		return .012 * own * wave
	case has("auth_failures") && has("/"), has("failed") && has("/"), has("capacity") && has("/"):
		return .004 * own * wave
	case has("limit") && has("/"):
		return .4 * own * wave
	case has("memory") || has("bytes"):
		return 6e7 * own * wave
	case has("increase"):
		return math.Round(3 * own * wave)
	case has("timestamp") || has("time_seconds"):
		return 86400 * 3 * own
	case labels["outcome"] == "timeout":
		return .4 * wave
	}
	return 20 * own * wave
}
