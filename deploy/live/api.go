package live

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Server is a Prometheus that answers queries.
type Server struct {
	URL string
}

// Series is one series of an answer.
type Series struct {
	Metric map[string]string
	// Points are what it was at each time, one for an instant query.
	Points []Point
}

// Point is the value of a series at a time.
type Point struct {
	Time  time.Time
	Value float64
}

// Instant asks for an expression at a time.
func (s Server) Instant(ctx context.Context, expr string, at time.Time) ([]Series, error) {
	return s.query(ctx, "query", url.Values{"query": {expr}, "time": {unix(at)}})
}

// Range asks for an expression over a window, once a second.
func (s Server) Range(ctx context.Context, expr string, w Window) ([]Series, error) {
	return s.query(ctx, "query_range", url.Values{"query": {expr}, "start": {unix(w.Start)}, "end": {unix(w.End)}, "step": {"1"}})
}

// Matching returns the labels of all series that a selector finds in a window.
func (s Server) Matching(ctx context.Context, selector string, w Window) (found []map[string]string, err error) {
	err = s.get(ctx, "series", url.Values{"match[]": {selector}, "start": {unix(w.Start)}, "end": {unix(w.End)}}, &found)
	return found, err
}

// Window is the time from Start to End.
type Window struct{ Start, End time.Time }

// Seconds is how long it is, as PromQL writes durations.
func (w Window) Seconds() string {
	return strconv.Itoa(int(math.Round(w.End.Sub(w.Start).Seconds()))) + "s"
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

func (s Server) query(ctx context.Context, path string, values url.Values) ([]Series, error) {
	var data struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	}
	if err := s.get(ctx, path, values, &data); err != nil {
		return nil, err
	}
	if data.ResultType == "scalar" {
		var p sample
		if err := json.Unmarshal(data.Result, &p); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		return []Series{{Points: []Point{Point(p)}}}, nil
	}
	var rows []struct {
		Metric map[string]string `json:"metric"`
		Value  *sample           `json:"value"`
		Values []sample          `json:"values"`
	}
	if err := json.Unmarshal(data.Result, &rows); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	all := make([]Series, len(rows))
	for i, row := range rows {
		all[i].Metric = row.Metric
		if row.Value != nil {
			row.Values = append(row.Values, *row.Value)
		}
		for _, p := range row.Values {
			all[i].Points = append(all[i].Points, Point(p))
		}
	}
	return all, nil
}

// sample is a Point as the API writes it: [time, "value"].
type sample Point

// UnmarshalJSON implements json.Unmarshaler.
func (s *sample) UnmarshalJSON(text []byte) error {
	var at float64
	var value string
	if err := json.Unmarshal(text, &[]any{&at, &value}); err != nil {
		return fmt.Errorf("read sample: %w", err)
	}
	s.Time = time.UnixMilli(int64(at * 1000))
	var err error
	s.Value, err = strconv.ParseFloat(value, 64)
	return err //nolint:wrapcheck // the caller names the answer
}

// get asks the API. An error has what it says is wrong.
func (s Server) get(ctx context.Context, path string, values url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/"+path+"?"+values.Encode(), nil)
	if err != nil {
		return fmt.Errorf("ask prometheus: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask prometheus: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	var answer struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("ask prometheus: %s: %w", res.Status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("ask prometheus: %s", answer.Error)
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}
