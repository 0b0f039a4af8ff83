package pluginmetrics

// Reason is why something that a plugin measured is left out: the label of
// switchhook_plugin_collect_dropped_total.
type Reason string

// The reasons, a closed set.
const (
	// TooLarge: the whole answer, which is beyond 1 MiB, or a series beyond 32 KiB.
	TooLarge Reason = "too_large"
	// Malformed: bytes that are no message MetricFamily, or no Metric in one.
	Malformed Reason = "malformed"
	// TooManyFamilies: a family beyond the hundredth.
	TooManyFamilies Reason = "too_many_families"
	// TooManySeries: a series beyond the five-hundredth, as Prometheus counts them: a
	// histogram is one for each bucket, and two more.
	TooManySeries Reason = "too_many_series"
	// InvalidName: a family without a name of letters, digits and underscores, or with
	// more than 128 of them.
	InvalidName Reason = "invalid_name"
	// ReservedName: a family whose name begins with switchhook_ or with __.
	ReservedName Reason = "reserved_name"
	// NameClash: a family with lines that would be taken for another family's.
	NameClash Reason = "name_clash"
	// WrongType: a family of another type than the first of its name, or of none that
	// can be shown.
	WrongType Reason = "wrong_type"
	// InvalidLabel: a series with a label that is none, that comes twice, or whose value
	// is not UTF-8.
	InvalidLabel Reason = "invalid_label"
	// ReservedLabel: a series with a label that is the gateway's or Prometheus's.
	ReservedLabel Reason = "reserved_label"
	// LabelLimit: a series with more than 16 labels, or with a label longer than 64
	// bytes, or a value longer than 256.
	LabelLimit Reason = "label_limit"
	// Timestamp: a series with a time of its own.
	Timestamp Reason = "timestamp"
	// Duplicate: a series, or a family, that was in the same answer before.
	Duplicate Reason = "duplicate"
	// BrokenValue: a series without a value of its family's type, a counter that is
	// negative or no number, or a histogram or summary that contradicts itself.
	BrokenValue Reason = "broken_value"
)

// Reasons returns every reason.
func Reasons() []Reason {
	return []Reason{
		TooLarge, Malformed, TooManyFamilies, TooManySeries, InvalidName, ReservedName, NameClash, WrongType,
		InvalidLabel, ReservedLabel, LabelLimit, Timestamp, Duplicate, BrokenValue,
	}
}

// drops is what was left out of one answer.
type drops map[Reason]drop

// drop is how many families or series were left out for one reason, and the name of
// the first of them, with the plugin that has the name where one does.
type drop struct {
	count        int
	name, holder string
}

func (d drops) add(r Reason, name string, n int) {
	if n == 0 {
		return
	}
	before, ok := d[r]
	if !ok {
		before.name = clip(name)
	}
	before.count += n
	d[r] = before
}

// blame says who has the name, where it is the one that is told.
func (d drops) blame(r Reason, name, holder string) {
	if told := d[r]; told.name == clip(name) {
		told.holder = holder
		d[r] = told
	}
}

// clip keeps a name that anybody may have made up short enough for a log.
func clip(name string) string { return name[:min(len(name), maxShownName)] }

const maxShownName = 64
