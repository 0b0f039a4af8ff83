package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaURL names a plugin's schema to its compiler. Nothing is ever fetched.
const schemaURL = "plugin:///config"

// Check holds a plugin's configuration to the schema that the plugin
// gives for it. The error names every key at fault, what it wants, and never what
// stands there, which may be a secret. A schema that cannot be used checks nothing:
// unusable says why, since that is the author's mistake and not the operator's.
func Check(name string, schema, config json.RawMessage) (unusable, err error) {
	if len(schema) == 0 {
		return nil, nil
	}
	compiled, unusable := compileSchema(schema)
	if unusable != nil {
		return unusable, nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(OrEmpty(config)))
	if err != nil {
		return nil, errors.New("plugins." + name + ".config: is no JSON")
	}
	wrong, unusable := validate(compiled, value)
	if wrong == nil || unusable != nil {
		return unusable, nil
	}
	return nil, errors.New(mistakesOf(name, compiled, value, wrong))
}

// OrEmpty returns a configuration as its plugin gets it.
func OrEmpty(config json.RawMessage) json.RawMessage {
	if len(config) == 0 {
		return json.RawMessage("{}")
	}
	return config
}

// compileSchema makes a schema ready for use. It comes from a plugin, in whatever
// draft and state.
func compileSchema(raw json.RawMessage) (compiled *jsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			compiled, err = nil, fmt.Errorf("compile: %v", r)
		}
	}()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !calculable(document) {
		return nil, errors.New("it holds a number too large to calculate with")
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(schemaURL, document); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	compiled, err = compiler.Compile(schemaURL)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return compiled, nil
}

// noLoader keeps a schema from having files or pages read.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not part of the schema", url)
}

// validate returns what is wrong with value, or why that cannot be said.
func validate(schema *jsonschema.Schema, value any) (wrong *jsonschema.ValidationError, unusable error) {
	defer func() {
		if r := recover(); r != nil {
			wrong, unusable = nil, fmt.Errorf("use: %v", r)
		}
	}()
	if !calculable(value) {
		return nil, errors.New("the configuration holds a number too large to calculate with")
	}
	err := schema.Validate(value)
	wrong, known := errors.AsType[*jsonschema.ValidationError](err)
	if err != nil && !known {
		return nil, errors.New("use: its references end in no schema")
	}
	return wrong, nil
}

// calculable reports whether every number in value is of a size that exact
// arithmetic can hold: 1e999999999 is nine bytes of JSON and a gigabyte of memory.
func calculable(value any) bool {
	switch value := value.(type) {
	case json.Number:
		_, exponent, scaled := strings.Cut(strings.ToLower(value.String()), "e")
		if !scaled {
			return true
		}
		n, err := strconv.Atoi(exponent)
		return err == nil && -400 < n && n < 400
	case map[string]any:
		for _, v := range value {
			if !calculable(v) {
				return false
			}
		}
	case []any:
		for _, v := range value {
			if !calculable(v) {
				return false
			}
		}
	}
	return true
}
