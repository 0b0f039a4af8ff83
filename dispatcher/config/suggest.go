package config

import (
	"fmt"
	"strings"
)

// didYouMean returns a half sentence that names the closest of the allowed names,
// or the first that goes on as name begins, or nothing where none is close.
func didYouMean(name string, allowed []string) string {
	best, distance := "", len(name)/3+1
	for _, candidate := range allowed {
		if len(name) >= 3 && strings.HasPrefix(candidate, name) {
			best = candidate
			break
		}
		if d := editDistance(strings.ToLower(name), strings.ToLower(candidate), distance); d <= distance && (best == "" || d < distance) {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// editDistance returns how many bytes have to be put in, taken out or replaced to
// make b of a; anything above limit once it cannot be less.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
