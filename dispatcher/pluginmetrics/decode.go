package pluginmetrics

import (
	"errors"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"
)

// What one process may give.
const (
	maxAnswer   = 1 << 20 // bytes
	maxFamilies = 100
	maxSeries   = 500
	// glances bounds how many families and series are looked at for each that there may
	// be, so that a flood of broken ones costs little more than its bytes.
	glances   = 4
	maxMetric = 32 << 10 // bytes of one series
	maxName   = 128
	maxHelp   = 512
)

// prefix begins the name of every family that a plugin gives.
const prefix = "switchhook_handler_"

// family is one family of a process, as it is shown.
type family struct {
	name, help string
	kind       dto.MetricType
	series     []*dto.Metric
	weight     int // in series, as Prometheus counts them
	desc       *prometheus.Desc
}

// decoder takes one answer of a process apart.
type decoder struct {
	plugin, replica string
	hide            func(string) string // the secrets in a text
	room            int                 // for series
	looks, glances  int                 // at series and families that are left
	seen            map[string]struct{} // families
	out             []*family
	dropped         drops
}

var (
	errBroken     = errors.New("the answer is no list of metric families")
	errUnreadable = errors.New("nothing in the answer is a metric family")
)

// decode returns the families of an answer that can be shown, and what was left out.
// With an error there are none. hide may be nil.
func decode(answer []byte, plugin, replica string, hide func(string) string) ([]*family, drops, error) {
	if hide == nil {
		hide = func(text string) string { return text }
	}
	d := &decoder{
		plugin: plugin, replica: replica, hide: hide, room: maxSeries, looks: glances * maxSeries, glances: glances * maxFamilies,
		seen: make(map[string]struct{}), dropped: make(drops),
	}
	if len(answer) > maxAnswer {
		d.dropped.add(TooLarge, "", 1)
		return nil, d.dropped, ErrTooLarge
	}
	beyond := 0
	for len(answer) > 0 {
		message, n := protowire.ConsumeBytes(answer)
		if n < 0 {
			d.dropped.add(Malformed, "", 1)
			return nil, d.dropped, errBroken
		}
		answer = answer[n:]
		if d.glances == 0 {
			beyond++
			continue
		}
		d.glances--
		d.family(message)
	}
	d.dropped.add(TooManyFamilies, "", beyond)
	if len(d.out) == 0 && d.dropped[Malformed].count > 0 {
		return nil, d.dropped, errUnreadable
	}
	return d.out, d.dropped, nil
}

var wellFormed = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// family reads one family.
func (d *decoder) family(message []byte) {
	h, metrics, ok := readHead(message)
	h.name, h.help = d.hide(h.name), d.hide(h.help)
	r := Reason("")
	switch _, doubled := d.seen[h.name]; {
	case !ok:
		r = Malformed
	case len(h.name) > maxName || !wellFormed.MatchString(h.name):
		r = InvalidName
	case strings.HasPrefix(h.name, "switchhook_") || strings.HasPrefix(h.name, "__"):
		r = ReservedName
	case !showable(h.kind):
		r = WrongType
	case doubled:
		r = Duplicate
	case len(d.out) >= maxFamilies:
		r = TooManyFamilies
	}
	if r != "" {
		d.dropped.add(r, h.name, 1)
		return
	}
	d.seen[h.name] = struct{}{}
	f := &family{name: prefix + h.name, help: helpOf(h.help), kind: h.kind}
	d.fill(f, h.name, metrics)
	if len(f.series) > 0 {
		d.out = append(d.out, f)
	}
}

// fill reads the series of a family.
func (d *decoder) fill(f *family, name string, metrics [][]byte) {
	seen := make(map[string]struct{}, min(len(metrics), d.room))
	for i, raw := range metrics {
		if d.room == 0 || d.looks == 0 {
			d.dropped.add(TooManySeries, name, len(metrics)-i)
			return
		}
		d.looks--
		s, r := readSeries(raw, f.kind, d.hide)
		if r == "" {
			_, doubled := seen[s.identity]
			switch {
			case doubled:
				r = Duplicate
			case s.weight > d.room:
				r = TooManySeries
			}
		}
		if r != "" {
			d.dropped.add(r, name, 1)
			continue
		}
		seen[s.identity] = struct{}{}
		d.room -= s.weight
		f.weight += s.weight
		f.series = append(f.series, s.owned(d.plugin, d.replica))
	}
}

// head is what a family says of itself before its series.
type head struct {
	name, help string
	kind       dto.MetricType
}

// The fields of a message MetricFamily that are read, as the wire has them: a number,
// and in the last three bits how the value is written.
const (
	fieldName   = 1<<3 | uint64(protowire.BytesType)
	fieldHelp   = 2<<3 | uint64(protowire.BytesType)
	fieldType   = 3<<3 | uint64(protowire.VarintType)
	fieldMetric = 4<<3 | uint64(protowire.BytesType)
)

// readHead takes a family apart and leaves its series as they came: a message of two
// bytes may be a series, and makes a hundred bytes once it is decoded.
func readHead(message []byte) (h head, metrics [][]byte, ok bool) {
	for len(message) > 0 {
		field, wire, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return h, nil, false
		}
		n := protowire.ConsumeFieldValue(field, wire, message[tag:])
		if n < 0 {
			return h, nil, false
		}
		value := message[tag : tag+n]
		message = message[tag+n:]
		switch protowire.EncodeTag(field, wire) {
		case fieldName:
			h.name = text(value)
		case fieldHelp:
			h.help = text(value)
		case fieldType:
			number, _ := protowire.ConsumeVarint(value)
			h.kind = dto.MetricType(min(number, uint64(unknownType)))
		case fieldMetric:
			metric, _ := protowire.ConsumeBytes(value)
			metrics = append(metrics, metric)
		}
	}
	return h, metrics, true
}

func text(value []byte) string {
	s, _ := protowire.ConsumeString(value)
	return s
}

// unknownType stands for every type that there is not.
const unknownType dto.MetricType = 1 << 16

// showable reports whether a registry knows families of that type: gauge histograms
// are none of its own.
func showable(t dto.MetricType) bool {
	switch t {
	case dto.MetricType_COUNTER, dto.MetricType_GAUGE, dto.MetricType_SUMMARY, dto.MetricType_UNTYPED, dto.MetricType_HISTOGRAM:
		return true
	default:
		return false
	}
}

// helpOf makes a help what every format can carry.
func helpOf(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxHelp)], "")
}
