package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Prometheus asks the HTTP API of the Prometheus at base, such as
// http://127.0.0.1:9090, through client, http.DefaultClient if nil.
//
// Source: https://prometheus.io/docs/prometheus/latest/querying/api/
func Prometheus(base string, client *http.Client) Source {
	if client == nil {
		client = http.DefaultClient
	}
	return func(ctx context.Context, query string, over Range) ([]Series, error) {
		form := url.Values{"query": {query}}
		path := "/api/v1/query"
		if over.From.Equal(over.To) {
			form.Set("time", unix(over.To))
		} else {
			path = "/api/v1/query_range"
			form.Set("start", unix(over.From))
			form.Set("end", unix(over.To))
			form.Set("step", strconv.FormatFloat(over.Step.Seconds(), 'f', 3, 64))
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path+"?"+form.Encode(), nil)
		if err != nil {
			return nil, fmt.Errorf("ask Prometheus: %w", err)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("ask Prometheus: %w", err)
		}
		var answer answerJSON
		err = json.NewDecoder(response.Body).Decode(&answer)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			return nil, fmt.Errorf("read Prometheus's answer with status %d: %w", response.StatusCode, err)
		}
		if answer.Status != "success" {
			return nil, fmt.Errorf("prometheus answered %s: %s", answer.ErrorType, answer.Error)
		}
		return answer.series()
	}
}

func unix(at time.Time) string {
	return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)
}

type answerJSON struct {
	Status    string `json:"status"`
	ErrorType string `json:"errorType"`
	Error     string `json:"error"`
	Data      struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

func (a answerJSON) series() ([]Series, error) {
	var result []struct {
		Metric map[string]string `json:"metric"`
		Value  *pointJSON        `json:"value"`
		Values []pointJSON       `json:"values"`
	}
	switch a.Data.ResultType {
	case "scalar":
		var value pointJSON
		if err := json.Unmarshal(a.Data.Result, &value); err != nil {
			return nil, fmt.Errorf("read Prometheus's answer: %w", err)
		}
		return []Series{{Points: []Point{Point(value)}}}, nil
	case "vector", "matrix":
		if err := json.Unmarshal(a.Data.Result, &result); err != nil {
			return nil, fmt.Errorf("read Prometheus's answer: %w", err)
		}
	default:
		return nil, fmt.Errorf("read Prometheus's answer: a %q cannot be drawn", a.Data.ResultType)
	}
	var all []Series
	for _, r := range result {
		s := Series{Labels: r.Metric}
		if r.Value != nil {
			s.Points = append(s.Points, Point(*r.Value))
		}
		for _, v := range r.Values {
			s.Points = append(s.Points, Point(v))
		}
		all = append(all, s)
	}
	return all, nil
}

// pointJSON is a pair of Unix time and a value in quotes.
type pointJSON Point

// UnmarshalJSON reads [1700000000.5,"0.25"].
func (p *pointJSON) UnmarshalJSON(text []byte) error {
	var pair [2]any
	if err := json.Unmarshal(text, &pair); err != nil {
		return fmt.Errorf("read a value: %w", err)
	}
	at, isTime := pair[0].(float64)
	written, isText := pair[1].(string)
	value, err := strconv.ParseFloat(written, 64)
	if !isTime || !isText || err != nil {
		return fmt.Errorf("read a value: %s is no pair of time and value", text)
	}
	p.Time, p.Value = time.UnixMilli(int64(math.Round(at*1000))), value
	return nil
}
