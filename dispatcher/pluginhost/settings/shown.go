package settings

import "encoding/json"

// Shown is a plugin's configuration as an operator may see it. expanded are the texts
// in it that came from elsewhere.
func Shown(schema, config json.RawMessage, expanded []string) json.RawMessage {
	shown, marked := Shield(schema, config)
	r := NewRedactor(marked, expanded)
	var value any
	if r == nil || decodeNumbers(shown, &value) != nil {
		return shown
	}
	// Once more by text: for a secret that stands where the schema expects none.
	clean, err := json.Marshal(r.values(value))
	if err != nil {
		return json.RawMessage(`"` + redacted + `"`)
	}
	return clean
}

// values takes the secrets out of the texts in value.
func (r *Redactor) values(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			value[key] = r.values(v)
		}
	case []any:
		for i, v := range value {
			value[i] = r.values(v)
		}
	case string:
		return r.Text(value)
	}
	return value
}
