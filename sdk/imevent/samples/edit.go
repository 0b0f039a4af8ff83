package samples

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Edit is one change of a body; see [Set] and [Remove].
type Edit struct {
	path   []string
	value  any
	remove bool
}

// Set returns the edit of a text such as "PairList.0.From_Account=alice": a path
// of keys and indexes with dots between them, and a value. A value that is a JSON
// literal keeps its type; everything else is a string. An index that equals the
// list's length appends; what is missing on the way is made. In a key, \. is a dot.
func Set(text string) (Edit, error) {
	path, value, assigned := strings.Cut(text, "=")
	if !assigned {
		return Edit{}, fmt.Errorf("%q is not PATH=VALUE", text)
	}
	parts, err := splitPath(path)
	return Edit{path: parts, value: literal(value)}, err
}

// Remove returns the edit that takes away the key or element at a path such as
// "PairList.0". It has to be there.
func Remove(path string) (Edit, error) {
	parts, err := splitPath(path)
	return Edit{path: parts, remove: true}, err
}

// Revise returns body with the edits made, one after the other. A body without
// edits stays as it is, byte for byte, whether it is JSON or not. The error names
// the edit that does not fit.
func Revise(body []byte, edits []Edit) ([]byte, error) {
	if len(edits) == 0 {
		return body, nil
	}
	doc, err := decodeJSON(body)
	if err != nil {
		return nil, fmt.Errorf("edit body: %w", err)
	}
	for _, e := range edits {
		if doc, err = e.apply(doc, e.path); err != nil {
			return nil, fmt.Errorf("edit body at %s: %w", strings.Join(e.path, "."), err)
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// apply returns node with the edit made at path below it.
func (e Edit) apply(node any, path []string) (any, error) {
	if len(path) == 0 {
		return e.value, nil
	}
	switch n := node.(type) {
	case map[string]any:
		return e.inObject(n, path)
	case []any:
		return e.inArray(n, path)
	case nil:
		return e.inNothing(path)
	default:
		return nil, fmt.Errorf("%q stands below a value that is neither an object nor an array", path[0])
	}
}

func (e Edit) inObject(object map[string]any, path []string) (any, error) {
	key := path[0]
	child, found := object[key]
	if e.remove && !found {
		return nil, fmt.Errorf("no key %q", key)
	}
	if e.remove && len(path) == 1 {
		delete(object, key)
		return object, nil
	}
	child, err := e.apply(child, path[1:])
	if err != nil {
		return nil, err
	}
	object[key] = child
	return object, nil
}

// inArray takes an index, or the array's length to append.
func (e Edit) inArray(array []any, path []string) (any, error) {
	limit := len(array)
	if e.remove {
		limit--
	}
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i > limit {
		return nil, fmt.Errorf("%q is no index of an array of %d", path[0], len(array))
	}
	if e.remove && len(path) == 1 {
		return append(array[:i], array[i+1:]...), nil
	}
	if i == len(array) {
		array = append(array, nil)
	}
	child, err := e.apply(array[i], path[1:])
	if err != nil {
		return nil, err
	}
	array[i] = child
	return array, nil
}

// inNothing makes the array or object that the next key asks for.
func (e Edit) inNothing(path []string) (any, error) {
	if e.remove {
		return nil, fmt.Errorf("no key %q", path[0])
	}
	if _, err := strconv.Atoi(path[0]); err == nil {
		return e.inArray(nil, path)
	}
	return e.inObject(map[string]any{}, path)
}

// splitPath cuts PairList.0.From_Account into its keys; \. is a dot in a key.
func splitPath(path string) ([]string, error) {
	const dot = "\x00"
	parts := strings.Split(strings.ReplaceAll(path, `\.`, dot), ".")
	for i, part := range parts {
		if part == "" {
			return nil, fmt.Errorf("path %q has an empty key", path)
		}
		parts[i] = strings.ReplaceAll(part, dot, ".")
	}
	return parts, nil
}

func literal(text string) any {
	value, err := decodeJSON([]byte(text))
	if err != nil {
		return text
	}
	return value
}

// decodeJSON reads one JSON value. Numbers keep their digits: a MsgSeq is larger
// than a float64 holds exactly.
func decodeJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decode JSON: more than one value")
	}
	return value, nil
}
