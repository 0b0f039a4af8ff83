package settings

import (
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// secretPaths finds the places of a configuration that its schema marks with
// writeOnly. It reads the schema as it was given, compiled or not: a mistake
// elsewhere in it must not show a secret. Where the schema is in doubt, a place is
// secret.
type secretPaths struct {
	root any
	// found are the texts of the secrets.
	found []string
}

// Shield returns a configuration with "[redacted]" for its secrets and for
// everything that the schema does not speak of, and the secrets.
func Shield(schema, config json.RawMessage) (shown json.RawMessage, secrets []string) {
	var value any
	if decodeNumbers(OrEmpty(config), &value) != nil {
		return json.RawMessage(`"` + redacted + `"`), []string{string(config)}
	}
	w := &secretPaths{}
	if len(schema) > 0 && decodeNumbers(schema, &w.root) != nil {
		w.root = map[string]any{"writeOnly": true} // nothing is known, so all is secret
	}
	value = w.visit(value, []any{w.root}, false)
	shown, err := json.Marshal(value)
	if err != nil {
		shown = json.RawMessage(`"` + redacted + `"`)
	}
	return shown, w.found
}

func decodeNumbers(raw json.RawMessage, into *any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	return d.Decode(into) //nolint:wrapcheck // Only whether it fails matters.
}

// visit returns value without its secrets. schemas are those that speak of it;
// secret is true below a place that is one.
func (w *secretPaths) visit(value any, schemas []any, secret bool) any {
	all, doubt := w.spread(schemas)
	secret = secret || doubt || slices.ContainsFunc(all, func(s map[string]any) bool { return isTrue(s["writeOnly"]) })
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, v := range value {
			out[key] = w.visit(v, ofProperty(all, key), secret)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = w.visit(v, ofItem(all, i), secret)
		}
		return out
	case nil:
		return nil
	}
	if secret {
		w.found = append(w.found, textOf(value)...)
	}
	if secret || len(all) == 0 && !slices.Contains(schemas, any(true)) {
		return redacted
	}
	return value
}

// textOf is how a secret would be printed. True and false are no secrets.
func textOf(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case json.Number:
		return []string{value.String()}
	default:
		return nil
	}
}

// isTrue takes a mark that is no boolean for one: its author meant something.
func isTrue(mark any) bool { return mark != nil && mark != false }

// spread returns schemas with all that they stand for, each once. doubt is true
// where a reference leads nowhere.
func (w *secretPaths) spread(schemas []any) (all []map[string]any, doubt bool) {
	seen := map[uintptr]bool{}
	queue := slices.Clone(schemas)
	for len(queue) > 0 {
		s, ok := queue[0].(map[string]any)
		queue = queue[1:]
		if !ok || seen[reflect.ValueOf(s).Pointer()] {
			continue
		}
		seen[reflect.ValueOf(s).Pointer()] = true
		all = append(all, s)
		for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
			list, _ := s[keyword].([]any)
			queue = append(queue, list...)
		}
		for _, keyword := range []string{"if", "then", "else"} {
			queue = append(queue, s[keyword])
		}
		for _, keyword := range []string{"dependentSchemas", "dependencies"} {
			table, _ := s[keyword].(map[string]any)
			for _, dependent := range table {
				queue = append(queue, dependent)
			}
		}
		for _, keyword := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
			if ref, ok := s[keyword].(string); ok {
				target, found := w.resolve(ref)
				doubt = doubt || !found
				queue = append(queue, target)
			}
		}
	}
	return all, doubt
}

// resolve returns what a reference within the schema names, by pointer, anchor or
// id.
func (w *secretPaths) resolve(ref string) (any, bool) {
	if pointer, ok := strings.CutPrefix(ref, "#"); ok && (pointer == "" || pointer[0] == '/') {
		return follow(w.root, pointer)
	}
	return named(w.root, ref)
}

// follow follows a JSON pointer (RFC 6901) as it stands in a URL's fragment.
func follow(value any, pointer string) (any, bool) {
	steps := strings.Split(pointer, "/")[1:]
	if pointer == "" {
		steps = nil
	}
	for _, step := range steps {
		if plain, err := url.PathUnescape(step); err == nil {
			step = plain
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// named finds the schema that carries a reference's name anywhere below value.
func named(value any, ref string) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		anchor := strings.TrimPrefix(ref, "#")
		for _, keyword := range []string{"$id", "id", "$anchor", "$dynamicAnchor"} {
			if name, ok := value[keyword].(string); ok && (name == ref || name == anchor) {
				return value, true
			}
		}
		for _, v := range value {
			if found, ok := named(v, ref); ok {
				return found, true
			}
		}
	case []any:
		for _, v := range value {
			if found, ok := named(v, ref); ok {
				return found, true
			}
		}
	}
	return nil, false
}

// ofProperty returns what schemas say of a key. Case does not count: encoding/json
// fills the field "token" from the key "Token" as well.
func ofProperty(schemas []map[string]any, key string) []any {
	var found []any
	for _, s := range schemas {
		before := len(found)
		properties, _ := s["properties"].(map[string]any)
		for name, sub := range properties {
			if strings.EqualFold(name, key) {
				found = append(found, sub)
			}
		}
		patterns, _ := s["patternProperties"].(map[string]any)
		for pattern, sub := range patterns {
			if matched, err := regexp.MatchString(pattern, key); matched || err != nil {
				found = append(found, sub)
			}
		}
		if len(found) == before {
			found = append(found, s["additionalProperties"], s["unevaluatedProperties"])
		}
	}
	return present(found)
}

// ofItem returns what schemas say of an item of a list.
func ofItem(schemas []map[string]any, i int) []any {
	var found []any
	for _, s := range schemas {
		for _, keyword := range []string{"prefixItems", "items"} {
			if list, ok := s[keyword].([]any); ok && i < len(list) {
				found = append(found, list[i])
			}
		}
		found = append(found, s["additionalItems"], s["unevaluatedItems"], s["contains"])
		if _, list := s["items"].([]any); !list {
			found = append(found, s["items"])
		}
	}
	return present(found)
}

func present(schemas []any) []any {
	return slices.DeleteFunc(schemas, func(s any) bool { return s == nil })
}
