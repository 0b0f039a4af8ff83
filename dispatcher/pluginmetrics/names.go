package pluginmetrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// names are the names of families in use. A registry refuses two families of one name
// whose types or helps differ, and a family whose lines look like another's; so all
// that is shown agrees with what is held here.
type names struct {
	held  map[string]*holding // by the family's name
	lines map[string]*holding // by the names of its lines, and of the family in OpenMetrics
}

// holding is a name that is in use, as the first process that showed it made it.
type holding struct {
	name  string
	kind  dto.MetricType
	desc  *prometheus.Desc
	lines []string
	by    map[*process]struct{}
}

func newNames() names {
	return names{held: make(map[string]*holding), lines: make(map[string]*holding)}
}

// hold gives the family its description and keeps its name for p, or says why it
// cannot be shown, and whose the name is where it is another's. A process keeps what it has shown once, so that it can neither
// change a type nor wear names out.
func (n names) hold(p *process, f *family) (r Reason, holder string) {
	h := n.held[f.name]
	if h == nil {
		h = &holding{
			name: f.name, kind: f.kind, lines: linesOf(f.name, f.kind), by: make(map[*process]struct{}),
			desc: prometheus.NewDesc(f.name, f.help, nil, nil),
		}
	}
	if h.kind != f.kind {
		return WrongType, h.holder()
	}
	if _, has := h.by[p]; !has && len(p.names) >= maxFamilies {
		return TooManyFamilies, ""
	}
	for _, line := range h.lines {
		if other := n.lines[line]; other != nil && other != h {
			return NameClash, other.holder()
		}
	}
	n.held[h.name] = h
	for _, line := range h.lines {
		n.lines[line] = h
	}
	h.by[p], p.names[h.name] = struct{}{}, struct{}{}
	f.desc = h.desc
	return "", ""
}

// holder is the plugin whose name it is: of several the first by the alphabet.
func (h *holding) holder() (first string) {
	for p := range h.by {
		if first == "" || p.plugin.name < first {
			first = p.plugin.name
		}
	}
	return first
}

// release gives up what p holds.
func (n names) release(p *process) {
	for name := range p.names {
		h := n.held[name]
		delete(h.by, p)
		if len(h.by) > 0 {
			continue
		}
		delete(n.held, name)
		for _, line := range h.lines {
			delete(n.lines, line)
		}
	}
	clear(p.names)
}

// linesOf are the names that a family takes up, in the text and in OpenMetrics, where a
// counter x_total is the family x.
func linesOf(name string, kind dto.MetricType) []string {
	switch kind {
	case dto.MetricType_HISTOGRAM:
		return []string{name, name + "_bucket", name + "_sum", name + "_count"}
	case dto.MetricType_SUMMARY:
		return []string{name, name + "_sum", name + "_count"}
	case dto.MetricType_COUNTER:
		if family, ok := strings.CutSuffix(name, "_total"); ok {
			return []string{name, family}
		}
	default:
	}
	return []string{name}
}
