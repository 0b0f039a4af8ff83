package settings

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// maxMistakes bounds how many mistakes one refusal names.
const maxMistakes = 20

// How much of what stands in a schema, and of a key, is shown.
const (
	maxShown = 512
	maxKey   = 200
)

// mistakes collects what is wrong with a configuration, in the operator's words.
// No value of the configuration is ever among them.
type mistakes struct {
	root   string
	schema *jsonschema.Schema
	value  any
	found  []string
}

// mistakesOf says what is wrong, key by key, in a line.
func mistakesOf(plugin string, schema *jsonschema.Schema, value any, wrong *jsonschema.ValidationError) string {
	m := mistakes{root: "plugins." + plugin + ".config", schema: schema, value: value}
	m.collect(wrong)
	slices.Sort(m.found)
	m.found = slices.Compact(m.found)
	if more := len(m.found) - maxMistakes; more > 0 {
		m.found = append(m.found[:maxMistakes], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(m.found, "; ")
}

// collect goes down to the mistakes behind e. Of alternatives it says only that
// none fits: which one was meant, nobody knows.
func (m *mistakes) collect(e *jsonschema.ValidationError) {
	at := e.InstanceLocation
	switch e.ErrorKind.(type) {
	case *kind.AnyOf:
		m.add(at, "fits none of the forms that it may have")
	case *kind.OneOf:
		m.add(at, "has to fit exactly one of the forms that it may have")
	case *kind.FalseSchema, *kind.Not:
		if strings.HasSuffix(e.SchemaURL, "roperties") { // additional or unevaluated
			m.unknown(at)
			return
		}
		m.add(at, "is not allowed as it is")
	default:
		m.say(e)
		for _, cause := range e.Causes {
			m.collect(cause)
		}
	}
}

// say says what is wrong by e's own keyword, if it says anything itself.
func (m *mistakes) say(e *jsonschema.ValidationError) {
	at := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		m.missing(at, k.Missing)
	case *kind.DependentRequired:
		m.missing(at, k.Missing)
	case *kind.Dependency:
		m.missing(at, k.Missing)
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			m.unknown(append(slices.Clone(at), key))
		}
	default:
		if text := wants(e.ErrorKind); text != "" {
			m.add(at, text)
		} else if len(e.Causes) == 0 {
			m.add(at, "does not fit the plugin's schema")
		}
	}
}

// wants says what one keyword asks for; nothing for those that only stand for
// others.
func wants(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "wants " + orList(k.Want) + ", not " + typeName(k.Got)
	case *kind.Enum:
		return "wants one of " + listed(k.Want...)
	case *kind.Const:
		return "wants " + listed(k.Want)
	case *kind.Format:
		return "wants a text of the format " + k.Want
	case *kind.Pattern:
		return "wants a text that matches " + strconv.Quote(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("wants at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("wants at most %d characters", k.Want)
	default:
		return wantsCount(k)
	}
}

func wantsCount(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.UniqueItems:
		return fmt.Sprintf("wants no item twice, and items %d and %d are alike", k.Duplicates[0], k.Duplicates[1])
	case *kind.MinItems:
		return fmt.Sprintf("wants at least %d items, not %d", k.Want, k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("wants at most %d items, not %d", k.Want, k.Got)
	case *kind.MinProperties:
		return fmt.Sprintf("wants at least %d keys, not %d", k.Want, k.Got)
	case *kind.MaxProperties:
		return fmt.Sprintf("wants at most %d keys, not %d", k.Want, k.Got)
	default:
		return wantsNumber(k)
	}
}

func wantsNumber(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "wants " + number(k.Want) + " or more"
	case *kind.Maximum:
		return "wants " + number(k.Want) + " or less"
	case *kind.ExclusiveMinimum:
		return "wants more than " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return "wants less than " + number(k.Want)
	case *kind.MultipleOf:
		return "wants a multiple of " + number(k.Want)
	default:
		return ""
	}
}

func number(n *big.Rat) string {
	f, _ := n.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// listed shows values of the schema, which hold nothing of the configuration.
func listed(values ...any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			texts[i] = strconv.Quote(v)
		case nil:
			texts[i] = "null"
		default:
			texts[i] = fmt.Sprint(v)
		}
	}
	return clip(strings.Join(texts, ", "), 4*maxShown)
}

func orList(types []string) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		if t != "null" || len(types) == 1 { // nobody writes null to mean something
			names = append(names, typeName(t))
		}
	}
	return strings.Join(names, " or ")
}

// typeName is a JSON type in the words of the configuration's own messages.
func typeName(jsonType string) string {
	switch jsonType {
	case "string":
		return "a text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "a map of keys and values"
	case "null":
		return "nothing"
	default:
		return jsonType
	}
}

func (m *mistakes) add(at []string, text string) {
	m.found = append(m.found, m.key(at)+": "+text)
}

func (m *mistakes) missing(at, keys []string) {
	for _, key := range keys {
		m.add(append(slices.Clone(at), key), "is missing")
	}
}

// unknown says so of a key, with those that are known beside it where the schema
// says so directly.
func (m *mistakes) unknown(at []string) {
	text := "unknown key"
	if len(at) > 0 {
		if keys := knownKeys(m.schema, at[:len(at)-1]); len(keys) > 0 {
			text += "; known here: " + clip(strings.Join(keys, ", "), maxShown)
		}
	}
	m.add(at, text)
}

// knownKeys returns the keys that schema names at a place, following properties,
// items and references alone.
func knownKeys(schema *jsonschema.Schema, at []string) []string {
	for range maxReferences {
		if schema == nil || schema.Ref == nil {
			break
		}
		schema = schema.Ref
	}
	if schema == nil {
		return nil
	}
	if len(at) == 0 {
		return slices.Sorted(maps.Keys(schema.Properties))
	}
	if next := schema.Properties[at[0]]; next != nil {
		return knownKeys(next, at[1:])
	}
	if next, ok := schema.AdditionalProperties.(*jsonschema.Schema); ok {
		return knownKeys(next, at[1:])
	}
	return knownKeys(schema.Items2020, at[1:])
}

// maxReferences bounds a chain of references, which may be a circle.
const maxReferences = 16

// key names a place as the configuration file does.
func (m *mistakes) key(at []string) string {
	var b strings.Builder
	b.WriteString(m.root)
	value := m.value
	for _, step := range at {
		switch v := value.(type) {
		case []any:
			b.WriteString("[" + step + "]")
			value = nil
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
				value = v[i]
			}
			continue
		case map[string]any:
			value = v[step]
		}
		b.WriteByte('.')
		if plainKey(step) {
			b.WriteString(step)
		} else {
			b.WriteString(strconv.Quote(clip(step, maxKey)))
		}
	}
	return b.String()
}

func plainKey(key string) bool {
	return key != "" && len(key) <= maxKey && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && r != '*' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// clip cuts a text to a length that a log line bears.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
