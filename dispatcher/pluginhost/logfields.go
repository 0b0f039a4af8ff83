package pluginhost

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
)

// Limits on the fields of one line. What is beyond them is left out, text is cut.
const (
	maxLogFields = 32      // of one object, and of one list
	maxLogDepth  = 6       // of objects and lists in one another
	maxLogKey    = 64      // bytes
	maxLogField  = 2 << 10 // bytes of one text
)

// tooDeep stands for what is nested deeper than is kept.
const tooDeep = "[nested too deep]"

// readFields reads a JSON object's members as fields of a log: in their order, with
// their types, objects as groups. Of a name that stands twice the first is kept. ok is
// false where text is no JSON object.
func readFields(text string) (fields []slog.Attr, ok bool) {
	if !json.Valid([]byte(text)) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	return readGroup(d, 0), true
}

// readGroup reads an object to its end. At the top there is room for the keys, too, that
// are no fields.
func readGroup(d *json.Decoder, depth int) []slog.Attr {
	limit := maxLogFields
	if depth == 0 {
		limit += len(levelKeys) + len(messageKeys) + len(timeKeys)
	}
	var group []slog.Attr
	seen := make(map[string]struct{})
	for d.More() {
		token, err := d.Token()
		key, isKey := token.(string)
		if err != nil || !isKey {
			break
		}
		value := readValue(d, depth+1)
		key = clip(key, maxLogKey)
		if _, twice := seen[key]; !twice && len(group) < limit {
			seen[key] = struct{}{}
			group = append(group, slog.Attr{Key: key, Value: value})
		}
	}
	_, _ = d.Token() // the end, which was found to be there
	return group
}

// readList is readGroup for an array.
func readList(d *json.Decoder, depth int) []any {
	list := []any{}
	for d.More() {
		value := readValue(d, depth+1)
		if len(list) < maxLogFields {
			list = append(list, plain(value))
		}
	}
	_, _ = d.Token() // the end, which was found to be there
	return list
}

// readValue reads the next value. Whatever is too deep is read and not kept.
func readValue(d *json.Decoder, depth int) slog.Value {
	token, err := d.Token()
	if err != nil {
		return slog.Value{}
	}
	switch t := token.(type) {
	case json.Delim:
		var value slog.Value
		if t == '[' {
			value = slog.AnyValue(readList(d, depth))
		} else if group := readGroup(d, depth); len(group) > 0 {
			value = slog.GroupValue(group...)
		} else {
			value = slog.AnyValue(map[string]any{}) // slog leaves out a group that is empty
		}
		if depth > maxLogDepth {
			return slog.StringValue(tooDeep)
		}
		return value
	case json.Number:
		return numberValue(t)
	case string:
		return slog.StringValue(clip(t, maxLogField))
	default: // true, false and null
		return slog.AnyValue(t)
	}
}

// numberValue is a number that is written as it was read.
func numberValue(n json.Number) slog.Value {
	if i, err := n.Int64(); err == nil {
		return slog.Int64Value(i)
	}
	if f, err := n.Float64(); err == nil && strconv.FormatFloat(f, 'g', -1, 64) == n.String() {
		return slog.Float64Value(f)
	}
	if len(n) > maxLogKey {
		return slog.StringValue("[number too long]")
	}
	return slog.AnyValue(n)
}

// plain is a value as encoding/json writes it, with groups as objects.
func plain(v slog.Value) any {
	if v.Kind() != slog.KindGroup {
		return v.Any()
	}
	object := make(map[string]any, len(v.Group()))
	for _, a := range v.Group() {
		object[a.Key] = plain(a.Value)
	}
	return object
}

// redactField takes the secrets out of a key and of all below it.
func redactField(f slog.Attr, hide *settings.Redactor) slog.Attr {
	f.Key = hide.Text(f.Key)
	if f.Value.Kind() != slog.KindGroup {
		f.Value = slog.AnyValue(redactAny(f.Value.Any(), hide))
		return f
	}
	group := make([]slog.Attr, len(f.Value.Group()))
	for i, a := range f.Value.Group() {
		group[i] = redactField(a, hide)
	}
	f.Value = slog.GroupValue(group...)
	return f
}

// redactAny is redactField for what a list holds. A number may be a secret, too.
func redactAny(value any, hide *settings.Redactor) any {
	switch v := value.(type) {
	case string:
		return hide.Text(v)
	case []any:
		for i := range v {
			v[i] = redactAny(v[i], hide)
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, member := range v {
			clean[hide.Text(key)] = redactAny(member, hide)
		}
		return clean
	case json.Number, int64, float64:
		text, err := json.Marshal(v)
		if shown := hide.Text(string(text)); err == nil && shown != string(text) {
			return shown
		}
	}
	return value
}
