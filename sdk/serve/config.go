package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// readConfig reads raw over the defaults in config and lets the config check
// itself. Its errors are for the operator, who sees keys and no Go.
func readConfig(raw json.RawMessage, config any) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	if raw[0] != '{' {
		return errors.New("config: it has to be an object of keys and values")
	}
	if config == nil {
		config = &struct{}{}
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(config); err != nil {
		return explain(raw, config, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("config: something follows the object")
	}
	if v, ok := config.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("config: %w", err)
		}
	}
	return nil
}

// explain says a decoder's error in the operator's terms.
func explain(raw json.RawMessage, config any, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("config: %s is a %s, want %s", wrong.Field, wrong.Value, kindName(wrong))
	}
	if !strings.Contains(err.Error(), "unknown field") {
		return fmt.Errorf("config: %w", err)
	}
	schema, schemaErr := inferSchema(config)
	if schemaErr == nil {
		var value any
		if json.Unmarshal(raw, &value) == nil {
			if unknown := unknownKeys(nil, value, schema); len(unknown) > 0 {
				return errors.New("config: " + strings.Join(unknown, "; "))
			}
		}
	}
	return errors.New("config: " + strings.Replace(strings.TrimPrefix(err.Error(), "json: "), "field", "key", 1))
}

func kindName(wrong *json.UnmarshalTypeError) string {
	schema, err := jsonschema.ForType(wrong.Type, nil)
	if err != nil || schema.Type == "" {
		return wrong.Type.String()
	}
	return schema.Type
}

// unknownKeys lists every key of value that schema does not have, with those
// that it has.
func unknownKeys(path []string, value any, schema *jsonschema.Schema) []string {
	var found []string
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			at := append(slices.Clone(path), key)
			if next := property(schema, key); next != nil {
				found = append(found, unknownKeys(at, value[key], next)...)
			} else if isClosed(schema) {
				found = append(found, fmt.Sprintf("unknown key %q (known: %s)", strings.Join(at, "."), knownKeys(schema)))
			}
		}
	case []any:
		for i, item := range value {
			if schema.Items != nil {
				found = append(found, unknownKeys(append(slices.Clone(path), strconv.Itoa(i)), item, schema.Items)...)
			}
		}
	}
	return found
}

// property finds a key as encoding/json does, without regard to case.
func property(schema *jsonschema.Schema, key string) *jsonschema.Schema {
	for name, s := range schema.Properties {
		if strings.EqualFold(name, key) {
			return s
		}
	}
	if isClosed(schema) {
		return nil
	}
	return schema.AdditionalProperties
}

// isClosed reports whether schema is that of a struct: it says "not anything" of
// further keys.
func isClosed(schema *jsonschema.Schema) bool {
	return schema.AdditionalProperties != nil && schema.AdditionalProperties.Not != nil
}

func knownKeys(schema *jsonschema.Schema) string {
	if len(schema.Properties) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(schema.Properties)), ", ")
}
