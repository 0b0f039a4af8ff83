package conformance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

const (
	// hidden stands where a secret of the settings stood, as in the gateway's logs.
	hidden = "[redacted]"
	// leastSecret is what is too short to be told from a word by chance.
	leastSecret = 4
	// deepest bounds how far references of a schema are followed, which may be a
	// circle.
	deepest = 16
)

// hide takes the secrets of the settings out of what a plugin said: a report is
// pasted into tickets. Secret is what stands under a key that the schema marks with
// writeOnly, wherever that key stands.
func (s *suite) hide(detail string) string {
	var schema, config any
	if decode(s.description.ConfigSchema, &schema) != nil || decode(s.options.Config, &config) != nil {
		return detail
	}
	marks := marked{root: schema, keys: map[string]bool{}}
	marks.collect(schema)
	var forms []string
	for _, secret := range marks.values(config, false) {
		forms = append(forms, secret)
		for _, quoted := range []string{strconv.Quote(secret), strconv.QuoteToASCII(secret), inJSON(secret)} {
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, form := range forms {
		if len(form) >= leastSecret {
			detail = strings.ReplaceAll(detail, form, hidden)
		}
	}
	return detail
}

func inJSON(text string) string {
	raw, err := json.Marshal(text)
	if err != nil { // no text fails
		return `""`
	}
	return string(raw)
}

func decode(raw json.RawMessage, into *any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into) //nolint:wrapcheck // Only whether it fails matters.
}

// marked is the keys of a schema whose values are secret, in lower case.
type marked struct {
	root any
	keys map[string]bool
}

// collect finds the keys in all of a schema, used or not.
func (m marked) collect(schema any) {
	switch schema := schema.(type) {
	case map[string]any:
		if properties, ok := schema["properties"].(map[string]any); ok {
			for key, sub := range properties {
				if m.isSecret(sub, 0) {
					m.keys[strings.ToLower(key)] = true
				}
			}
		}
		for _, sub := range schema {
			m.collect(sub)
		}
	case []any:
		for _, sub := range schema {
			m.collect(sub)
		}
	}
}

// isSecret reports whether a schema, or what it says of items and alternatives, has
// the mark. What it says of keys of its own counts for those.
func (m marked) isSecret(schema any, depth int) bool {
	switch schema := schema.(type) {
	case map[string]any:
		if mark, ok := schema["writeOnly"]; ok && mark != false {
			return true
		}
		if ref, ok := schema["$ref"].(string); ok && depth < deepest && m.isSecret(m.target(ref), depth+1) {
			return true
		}
		for keyword, sub := range schema {
			if !slices.Contains([]string{"properties", "$defs", "definitions"}, keyword) && m.isSecret(sub, depth) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(schema, func(sub any) bool { return m.isSecret(sub, depth) })
	}
	return false
}

// target is what a reference within the schema leads to.
func (m marked) target(ref string) any {
	at := m.root
	for step := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(ref, "#"), "/"), "/") {
		table, _ := at.(map[string]any)
		if step != "" {
			at = table[step]
		}
	}
	return at
}

// values returns the secrets of a configuration.
func (m marked) values(config any, secret bool) (found []string) {
	switch config := config.(type) {
	case map[string]any:
		for key, value := range config {
			found = append(found, m.values(value, secret || m.keys[strings.ToLower(key)])...)
		}
	case []any:
		for _, value := range config {
			found = append(found, m.values(value, secret)...)
		}
	case string:
		if secret {
			found = append(found, config)
		}
	case json.Number:
		if secret {
			found = append(found, config.String())
		}
	}
	return found
}
