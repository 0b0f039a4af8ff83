package grafana

import (
	"fmt"
	"regexp"
	"strings"
)

// Times are the durations, as PromQL writes them, that Grafana works out from
// the range of time that is looked at.
type Times struct {
	// Rate is $__rate_interval: at least four scrapes.
	Rate string
	// Interval is $__interval: the step of a graph.
	Interval string
	// Range is $__range: all that is looked at.
	Range string
}

// Values returns what each variable of the dashboard stands for as it opens
// with "All" chosen, for Substitute. A choice of one, and the data source, have
// no value until somebody chooses; who does adds it, and may overwrite the
// others: a choice of several is "(a|b)".
func (d Dashboard) Values(t Times) map[string]string {
	values := map[string]string{"__rate_interval": t.Rate, "__interval": t.Interval, "__range": t.Range}
	for _, v := range d.Variables {
		switch {
		case v.Type == "constant":
			values[v.Name] = v.Query
		case v.AllValue != "":
			values[v.Name] = v.AllValue
		case v.IncludeAll:
			values[v.Name] = ".+"
		}
	}
	return values
}

// Substitute puts values in the place of $name, ${name} and ${name:format}. A
// name without a value is an error that says which.
//
// Source: https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
func Substitute(query string, values map[string]string) (string, error) {
	var missing []string
	name := regexp.MustCompile(`\$\{([A-Za-z_]\w*)(?::\w+)?\}|\$([A-Za-z_]\w*)`)
	text := name.ReplaceAllStringFunc(query, func(found string) string {
		m := name.FindStringSubmatch(found)
		value, ok := values[m[1]+m[2]]
		if !ok {
			missing = append(missing, m[1]+m[2])
		}
		return value
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("substitute in %q: no value for %s", query, strings.Join(missing, ", "))
	}
	return text, nil
}

// Chosen takes label_values(SELECTOR, LABEL) of a query variable apart.
func (v Variable) Chosen() (selector, label string, err error) {
	m := regexp.MustCompile(`^label_values\((.+),\s*(\w+)\)$`).FindStringSubmatch(v.Query)
	if v.Type != "query" || m == nil {
		return "", "", fmt.Errorf("variable %s: %q is not label_values(SELECTOR, LABEL)", v.Name, v.Query)
	}
	return m[1], m[2], nil
}
