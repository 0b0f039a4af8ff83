package imevent

// valid reports whether data is one JSON value that nests no deeper than deepest,
// by the rules of RFC 8259 and otherwise as encoding/json.Valid would: a fuzz test
// holds the two together. That function steps through a table for every byte, which
// took longer than all the rest of reading an event (BenchmarkDecode).
func valid(data []byte, deepest int) bool {
	end := validValue(data, spaceEnd(data, 0), deepest)
	return end >= 0 && spaceEnd(data, end) == len(data)
}

// validValue returns where the value that starts at i ends, or -1. It may open
// levels brackets within each other.
func validValue(data []byte, i, levels int) int {
	if i >= len(data) {
		return -1
	}
	switch data[i] {
	case '"':
		return validString(data, i)
	case '{':
		return validBracket(data, i, levels-1, '}')
	case '[':
		return validBracket(data, i, levels-1, ']')
	case 't':
		return validWord(data, i, "true")
	case 'f':
		return validWord(data, i, "false")
	case 'n':
		return validWord(data, i, "null")
	default:
		return validNumber(data, i)
	}
}

// validBracket checks an object or an array.
func validBracket(data []byte, i, levels int, closing byte) int {
	if levels < 0 {
		return -1
	}
	i = spaceEnd(data, i+1)
	if i < len(data) && data[i] == closing {
		return i + 1
	}
	for i >= 0 {
		if closing == '}' {
			i = validKey(data, i)
		}
		if i >= 0 {
			i = validValue(data, i, levels)
		}
		if i < 0 {
			break
		}
		if i = spaceEnd(data, i); i >= len(data) {
			break
		}
		switch data[i] {
		case closing:
			return i + 1
		case ',':
			i = spaceEnd(data, i+1)
		default:
			return -1
		}
	}
	return -1
}

// validKey returns where the value of the key that starts at i begins.
func validKey(data []byte, i int) int {
	if i >= len(data) || data[i] != '"' {
		return -1
	}
	if i = validString(data, i); i < 0 {
		return -1
	}
	if i = spaceEnd(data, i); i >= len(data) || data[i] != ':' {
		return -1
	}
	return spaceEnd(data, i+1)
}

func validString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			n := validEscape(data[i+1:])
			if n == 0 {
				return -1
			}
			i += n
		case c < ' ':
			return -1
		}
	}
	return -1
}

// validEscape returns the length of what follows a backslash, or 0.
func validEscape(data []byte) int {
	if len(data) == 0 {
		return 0
	}
	switch data[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		const digits = 4
		if len(data) <= digits {
			return 0
		}
		for _, c := range data[1 : 1+digits] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 1 + digits
	default:
		return 0
	}
}

func validNumber(data []byte, i int) int {
	if i < len(data) && data[i] == '-' {
		i++
	}
	whole := digitsEnd(data, i)
	if whole > i+1 && data[i] == '0' {
		return -1
	}
	if whole > 0 && whole < len(data) && data[whole] == '.' {
		whole = digitsEnd(data, whole+1)
	}
	if whole > 0 && whole < len(data) && data[whole]|0x20 == 'e' {
		return exponentEnd(data, whole+1)
	}
	return whole
}

// exponentEnd returns where the exponent behind an e ends, or -1 without one.
func exponentEnd(data []byte, i int) int {
	if i < len(data) && (data[i] == '+' || data[i] == '-') {
		i++
	}
	return digitsEnd(data, i)
}

func validWord(data []byte, i int, word string) int {
	if end := i + len(word); end <= len(data) && string(data[i:end]) == word {
		return end
	}
	return -1
}

// digitsEnd returns where the digits that start at i end, or -1 without one.
func digitsEnd(data []byte, i int) int {
	start := i
	for i < len(data) && data[i] >= '0' && data[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func spaceEnd(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}
