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
// nothing leaves it absent.
func optReader(read reader) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		opt := into.Addr().Interface().(optional) //nolint:forcetypeassert // newReader has looked
		f, m := read(data, reflect.ValueOf(opt.slot()).Elem())
		opt.fill(m == nil && f <= odd)
		return f, m
	}
}

func readRaw(data []byte, into reflect.Value) (form, *misfit) {
	into.SetBytes(slices.Clip(data))
	return plain, nil
}

// readText reads a string; a number as its digits.
func readText(data []byte, into reflect.Value) (form, *misfit) {
	switch data[0] {
	case '"':
		text := stringOf(data[1 : len(data)-1])
		into.SetString(text)
		if strings.ContainsRune(text, utf8.RuneError) {
			return odd, nil // broken text, of which decoding has lost something
		}
		return plain, nil
	case '{', '[', 'n', 't', 'f':
		return readOther(data, into, readText)
	default:
		into.SetString(string(data))
		return odd, nil
	}
}

// readTextOrJSON reads a text that holds JSON more often than not. Where it was not
// encoded as a string, the text is the JSON as it stands.
func readTextOrJSON(data []byte, into reflect.Value) (form, *misfit) {
	if data[0] == '{' || data[0] == '[' {
		into.SetString(string(data))
		return odd, nil
	}
	return readText(data, into)
}

// readOther reads what is neither text nor number: what stands for nothing, or a
// scalar alone in brackets.
func readOther(data []byte, into reflect.Value, read reader) (form, *misfit) {
	if isNothing(data) {
		return void, nil
	}
	if data[0] == '[' {
		if only, ok := onlyItem(data); ok && only[0] != '[' && only[0] != '{' {
			f, m := read(only, into)
			return max(f, odd), m
		}
	}
	return aside, nil
}

// readInteger reads a whole number of 64 bits, in quotes or not, and never by way of
// a float: past 2^53 a float is another number.
func readInteger(data []byte, into reflect.Value) (form, *misfit) {
	return readNumber(data, into, readInteger, func(text string) form {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			into.SetInt(n)
			if n == 0 && len(text) > 1 || text[0] == '+' {
				return odd
			}
			return plain
		}
		const exact = 1 << 53
		if f, ok := decimal(text); ok && f == math.Trunc(f) && math.Abs(f) < exact {
			into.SetInt(int64(f))
			return odd
		}
		return aside
	})
}

// readFlag reads a number of which 1 means yes: true is 1 and false is 0.
func readFlag(data []byte, into reflect.Value) (form, *misfit) {
	switch strings.ToLower(string(unquoted(data))) {
	case "true":
		into.SetInt(1)
		return odd, nil
	case "false":
		return odd, nil
	default:
		return readInteger(data, into)
	}
}

func readFloat(data []byte, into reflect.Value) (form, *misfit) {
	return readNumber(data, into, readFloat, func(text string) form {
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

// readNumber reads a number by its text, which may stand in quotes.
func readNumber(data []byte, into reflect.Value, again reader, parse func(text string) form) (form, *misfit) {
	switch data[0] {
	case '{', '[', 'n', 't', 'f':
		return readOther(data, into, again)
	case '"':
		text := bytes.TrimSpace(unquoted(data))
		if len(text) == 0 {
			return void, nil
		}
		return max(parse(string(text)), odd), nil
	default:
		return parse(string(data)), nil
	}
}

// readBool reads a boolean: also its word in quotes, and 1 or 0.
func readBool(data []byte, into reflect.Value) (form, *misfit) {
	text := string(bytes.TrimSpace(unquoted(data)))
	switch strings.ToLower(text) {
	case "true", "1":
		into.SetBool(true)
	case "false", "0":
	default:
		return readOther(data, into, readBool)
	}
	if data[0] == 't' || data[0] == 'f' {
		return plain, nil
	}
	return odd, nil
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
