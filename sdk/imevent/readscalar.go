package imevent

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// optReader reads into an Opt: what is there makes it present, and what stands for
// nothing leaves it absent, but for an empty text, which is a value of a text.
func optReader(read reader) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		opt := into.Addr().Interface().(optional) //nolint:forcetypeassert // newReader has looked
		slot := reflect.ValueOf(opt.slot()).Elem()
		f, m := read(data, slot)
		opt.fill(m == nil && f != aside && (!isNothing(data) || slot.Kind() == reflect.String && data[0] == '"'))
		return f, m
	}
}

func readRaw(data []byte, into reflect.Value) (form, *misfit) {
	into.SetBytes(slices.Clip(data))
	return plain, nil
}

// readText reads a string; a number as its digits, a boolean as its word.
func readText(data []byte, into reflect.Value) (form, *misfit) {
	switch data[0] {
	case '"':
		text := stringOf(data[1 : len(data)-1])
		into.SetString(text)
		if strings.ContainsRune(text, utf8.RuneError) {
			return odd, nil // broken text, of which decoding has lost something
		}
		return plain, nil
	case '{', '[':
		return readBracketed(data, into, readText, "a string or a number")
	case 'n':
		return odd, nil
	default:
		into.SetString(string(data))
		return odd, nil
	}
}

// readTextOrJSON reads a text that holds JSON more often than not. Where it was not
// encoded as a string, the text is the JSON as it stands.
func readTextOrJSON(data []byte, into reflect.Value) (form, *misfit) {
	switch data[0] {
	case '{', '[':
		into.SetString(string(data))
		return odd, nil
	default:
		return readText(data, into)
	}
}

// readInteger reads a whole number of 64 bits, in quotes or not, and never by way of
// a float: past 2^53 a float is another number.
func readInteger(data []byte, into reflect.Value) (form, *misfit) {
	return readScalar(data, into, "a whole number", func(text string) form {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			into.SetInt(n)
			if n == 0 && len(text) > 1 || text[0] == '+' {
				return odd
			}
			return plain
		}
		switch strings.ToLower(text) {
		case "true":
			into.SetInt(1)
			return odd
		case "false":
			return odd
		}
		const exact = 1 << 53
		if f, ok := decimal(text); ok && f == math.Trunc(f) && math.Abs(f) < exact {
			into.SetInt(int64(f))
			return odd
		}
		return aside
	})
}

func readFloat(data []byte, into reflect.Value) (form, *misfit) {
	return readScalar(data, into, "a number", func(text string) form {
		f, ok := decimal(text)
		if !ok {
			return aside
		}
		into.SetFloat(f)
		if text != string(appendFloat(nil, f)) {
			return odd
		}
		return plain
	})
}

// decimal reads a number as JSON writes it; Go's own notations are none.
func decimal(text string) (float64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !strings.ContainsAny(text, "xX_iInN")
}

func readBool(data []byte, into reflect.Value) (form, *misfit) {
	return readScalar(data, into, "true or false", func(text string) form {
		switch strings.ToLower(text) {
		case "true", "1":
			into.SetBool(true)
		case "false", "0":
		default:
			return aside
		}
		if text == "true" || text == "false" {
			return plain
		}
		return odd
	})
}

// readScalar reads a number or a boolean by its text, which may stand in quotes.
func readScalar(data []byte, into reflect.Value, want string, parse func(text string) form) (form, *misfit) {
	switch data[0] {
	case '{', '[':
		again := func(data []byte, into reflect.Value) (form, *misfit) { return readScalar(data, into, want, parse) }
		return readBracketed(data, into, again, want)
	case 'n':
		return odd, nil
	case '"':
		text := bytes.TrimSpace(unquoted(data))
		if len(text) == 0 {
			return odd, nil // an empty string in a number's place
		}
		return max(parse(string(text)), odd), nil
	default:
		return parse(string(data)), nil
	}
}

// readBracketed reads a scalar that stands alone in a list; empty brackets are
// nothing.
func readBracketed(data []byte, into reflect.Value, read reader, want string) (form, *misfit) {
	if isNothing(data) {
		return odd, nil
	}
	if data[0] == '[' {
		if only, ok := onlyItem(data); ok && only[0] != '[' && only[0] != '{' {
			f, m := read(only, into)
			return max(f, odd), m
		}
	}
	return plain, &misfit{want: want, found: kindOf(data)}
}

// textOf returns a string's text, or a number's digits as they stand.
func textOf(value []byte) (string, bool) {
	switch {
	case len(value) > 0 && value[0] == '"':
		return stringOf(unquoted(value)), true
	case len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9'):
		return string(value), true
	default:
		return "", false
	}
}

// stringOf returns the text of a JSON string given without its quotes.
func stringOf(inside []byte) string {
	if bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) {
		return string(inside)
	}
	var text string
	if json.Unmarshal([]byte(`"`+string(inside)+`"`), &text) != nil {
		return string(inside)
	}
	return text
}
