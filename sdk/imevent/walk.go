package imevent

import "bytes"

// walker steps through one JSON object or array and finds where the values in it
// begin and end. It allocates nothing and looks no deeper: a value is not
// validated, only delimited. After the last step, intact tells a walk that
// reached the end from one that met something else.
type walker struct {
	data  []byte
	pos   int
	end   byte // the closing bracket
	begun bool
	done  bool
}

// walk starts at the bracket that data opens with. A data that opens otherwise
// yields nothing and is not intact.
func walk(data []byte, opening byte) walker {
	w := walker{data: data, end: opening + 2} // '{' and '[' stand two before '}' and ']'
	if !w.take(opening) {
		w.pos = len(data)
	}
	return w
}

// member returns an object's next key, between its quotes, and value.
func (w *walker) member() (key, value []byte, ok bool) {
	if !w.more() {
		return nil, nil, false
	}
	start := w.pos
	if start >= len(w.data) || w.data[start] != '"' || !w.skip() {
		return w.lose()
	}
	key = w.data[start+1 : w.pos-1]
	if !w.take(':') {
		return w.lose()
	}
	w.space()
	start = w.pos
	if !w.skip() {
		return w.lose()
	}
	return key, w.data[start:w.pos], true
}

// element returns an array's next value.
func (w *walker) element() (value []byte, ok bool) {
	if !w.more() {
		return nil, false
	}
	start := w.pos
	if !w.skip() {
		_, _, ok = w.lose()
		return nil, ok
	}
	return w.data[start:w.pos], true
}

// intact reports whether the walk reached the closing bracket with nothing but
// space behind it.
func (w *walker) intact() bool {
	if !w.done {
		return false
	}
	w.space()
	return w.pos == len(w.data)
}

// more moves to the next value and reports whether there is one.
func (w *walker) more() bool {
	switch {
	case w.done:
		return false
	case w.take(w.end):
		w.done = true
		return false
	case w.begun && !w.take(','):
		w.pos = len(w.data)
		return false
	default:
		w.begun = true
		w.space()
		return w.pos < len(w.data)
	}
}

// lose gives the walk up.
func (w *walker) lose() (key, value []byte, ok bool) {
	w.pos = len(w.data)
	return nil, nil, false
}

// take steps over b, and space before it.
func (w *walker) take(b byte) bool {
	w.space()
	if w.pos < len(w.data) && w.data[w.pos] == b {
		w.pos++
		return true
	}
	return false
}

func (w *walker) space() {
	for w.pos < len(w.data) {
		switch w.data[w.pos] {
		case ' ', '\t', '\r', '\n':
			w.pos++
		default:
			return
		}
	}
}

// skip steps over the value at pos and reports whether there was a whole one.
func (w *walker) skip() bool {
	if w.pos >= len(w.data) {
		return false
	}
	start := w.pos
	switch w.data[start] {
	case '"':
		w.pos = stringEnd(w.data, start)
	case '{', '[':
		w.pos = nestedEnd(w.data, start)
	default:
		w.pos = literalEnd(w.data, start)
	}
	return w.pos > start
}

// stringEnd returns where the string that starts at i ends, or -1.
func stringEnd(data []byte, i int) int {
	start := i
	for {
		n := bytes.IndexByte(data[i+1:], '"')
		if n < 0 {
			return -1
		}
		i += n + 1
		backslashes := 0
		for j := i - 1; j > start && data[j] == '\\'; j-- {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i + 1
		}
	}
}

// nestedEnd returns where the object or array that starts at i ends, or -1.
func nestedEnd(data []byte, i int) int {
	for depth := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			end := stringEnd(data, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// literalEnd returns where the number or word that starts at i ends; that is i
// itself where there is none.
func literalEnd(data []byte, i int) int {
	for ; i < len(data); i++ {
		switch data[i] {
		case ',', '}', ']', ':', '"', '{', '[', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return i
}
