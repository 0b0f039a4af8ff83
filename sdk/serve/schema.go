package serve

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// configSchema returns the JSON Schema of the settings, with the values in
// config as defaults, or nil where there are no settings.
func configSchema(config any) (json.RawMessage, error) {
	if config == nil {
		return nil, nil
	}
	schema, err := inferSchema(config)
	if err != nil {
		return nil, err
	}
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	raw, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("encode config schema: %w", err)
	}
	return raw, nil
}

func inferSchema(config any) (*jsonschema.Schema, error) {
	t := reflect.TypeOf(config).Elem()
	schema, err := jsonschema.ForType(t, nil)
	if err != nil {
		return nil, fmt.Errorf("infer config schema: %w", err)
	}
	defaults, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("encode config defaults: %w", err)
	}
	adorn(schema, t, defaults)
	return schema, nil
}

// adorn makes schema say what the Go type means as settings: no key is required,
// since each has a default, and secrets are only ever written.
func adorn(schema *jsonschema.Schema, t reflect.Type, value json.RawMessage) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if readsItself(t) {
		*schema = jsonschema.Schema{Description: schema.Description}
		return
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		if schema.Items != nil {
			adorn(schema.Items, t.Elem(), nil)
		}
	case reflect.Map:
		if schema.AdditionalProperties != nil {
			adorn(schema.AdditionalProperties, t.Elem(), nil)
		}
	case reflect.Struct:
		adornStruct(schema, t, value)
	default: // nothing within
	}
}

// readsItself reports whether a type reads its own JSON, whose form nobody else
// knows then. Of the standard library's types that do, the schema knows the form.
func readsItself(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[slog.Level](),
		reflect.TypeFor[big.Int](), reflect.TypeFor[big.Rat](), reflect.TypeFor[big.Float]():
		return false
	}
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func adornStruct(schema *jsonschema.Schema, t reflect.Type, value json.RawMessage) {
	schema.Required = nil
	var values map[string]json.RawMessage
	// Without values there are no defaults to show.
	_ = json.Unmarshal(value, &values)
	for _, field := range reflect.VisibleFields(t) {
		name := fieldName(field)
		property := schema.Properties[name]
		if property == nil || field.Anonymous {
			continue
		}
		if field.Tag.Get("secret") == "true" {
			property.WriteOnly = true
			continue
		}
		if _, options, _ := strings.Cut(field.Tag.Get("json"), ","); slices.Contains(strings.Split(options, ","), "string") {
			*property = jsonschema.Schema{Description: property.Description} // a number in quotes
		}
		adorn(property, field.Type, values[name])
		if v := values[name]; len(v) > 0 && string(v) != "null" && property.Properties == nil && !hasSecret(property) {
			property.Default = v
		}
	}
}

// hasSecret reports whether a value of schema may hold a secret, and so must not
// be shown as a default.
func hasSecret(schema *jsonschema.Schema) bool {
	if schema == nil {
		return false
	}
	for _, property := range schema.Properties {
		if hasSecret(property) {
			return true
		}
	}
	return schema.WriteOnly || hasSecret(schema.Items) || hasSecret(schema.AdditionalProperties)
}

func fieldName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		return field.Name
	}
	return name
}
