package lint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Series is what is known of a series that a query may ask for.
type Series struct {
	// Type is counter, gauge, histogram or summary.
	Type string
	// Labels are those that it has besides job and instance, each with its
	// closed set of values where it has one.
	Labels map[string][]string
	// AnyLabel says that the labels are not known.
	AnyLabel bool
}

// Documented reads the tables of docs/metrics.md: names, types, labels and the
// closed sets of their values.
func Documented(page io.Reader) (map[string]Series, error) {
	row := regexp.MustCompile("^\\| `(\\w+)` \\| (counter|gauge|histogram) \\| (.*?) \\|")
	label := regexp.MustCompile("^`(\\w+)`(?:: (.*))?$")
	found := map[string]Series{}
	lines := bufio.NewScanner(page)
	for lines.Scan() {
		m := row.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		s := Series{Type: m[2], Labels: map[string][]string{}}
		for cell := range strings.SplitSeq(m[3], ";") {
			if l := label.FindStringSubmatch(strings.TrimSpace(cell)); l != nil {
				s.Labels[l[1]] = regexp.MustCompile(`[a-z_0-9]+`).FindAllString(strings.ToLower(l[2]), -1)
			}
		}
		found[m[1]] = s
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the list of series: %w", err)
	}
	if len(found) == 0 {
		return nil, errors.New("read the list of series: it has no table with series")
	}
	return found, nil
}

// Prometheus returns what Prometheus makes itself, and what the libraries of Go
// and of the process export.
func Prometheus() map[string]Series {
	found := map[string]Series{
		"up":                      {Type: "gauge"},
		"scrape_duration_seconds": {Type: "gauge"},
		"ALERTS":                  {Type: "gauge", AnyLabel: true},
		"go_gc_duration_seconds":  {Type: "summary", Labels: map[string][]string{"quantile": nil}},
	}
	for _, name := range []string{
		"go_goroutines", "go_threads", "go_memstats_heap_inuse_bytes", "process_resident_memory_bytes",
		"process_open_fds", "process_max_fds", "process_start_time_seconds",
	} {
		found[name] = Series{Type: "gauge"}
	}
	for _, name := range []string{"go_memstats_alloc_bytes_total", "process_cpu_seconds_total"} {
		found[name] = Series{Type: "counter"}
	}
	return found
}

// lookup finds a series by the name that a selector asks for: one of the three
// of a histogram too.
func lookup(known map[string]Series, name string) (Series, bool) {
	if s, ok := known[name]; ok {
		return s, ok
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		base, cut := strings.CutSuffix(name, suffix)
		s, ok := known[base]
		if !cut || !ok || s.Type != "histogram" {
			continue
		}
		s.Type = "counter"
		if suffix == "_bucket" {
			s.Labels = maps.Clone(s.Labels)
			if s.Labels == nil {
				s.Labels = map[string][]string{}
			}
			s.Labels["le"] = nil
		}
		return s, true
	}
	return Series{}, false
}

// has says whether a series may have a label of that value.
func (s Series) has(label, value string) bool {
	values, ok := s.Labels[label]
	switch {
	case s.AnyLabel || label == "job" || label == "instance":
		return true
	case !ok:
		return false
	}
	return len(values) == 0 || slices.Contains(values, strings.ToLower(value))
}
