package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Secret is a text that must not be seen. It prints as "[secret]", in logs, in
// errors and in JSON; [Secret.Reveal] returns it.
type Secret string

const hidden = "[secret]"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "[secret]".
func (Secret) String() string { return hidden }

// GoString returns "[secret]".
func (Secret) GoString() string { return hidden }

// LogValue returns "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns "[secret]".
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Size is a number of bytes.
type Size int64

// The units of a [Size]: those of 1024 (IEC 80000-13) and those of 1000.
const (
	sizeUnits = "B, KiB, MiB, GiB, KB, MB or GB"
	kibi      = 1 << 10
	kilo      = 1000
)

// ParseSize reads a number of bytes with or without a unit: "1MiB", "512 KiB",
// "10GB", "65536". A number may have a fraction where it has a unit.
func ParseSize(text string) (Size, error) {
	number := strings.TrimRight(text, "BKMGikmgb ")
	unit := strings.TrimSpace(text[len(number):])
	scales := map[string]float64{
		"": 1, "B": 1,
		"KiB": kibi, "MiB": kibi * kibi, "GiB": kibi * kibi * kibi,
		"KB": kilo, "MB": kilo * kilo, "GB": kilo * kilo * kilo,
	}
	scale, ok := scales[unit]
	if !ok {
		return 0, fmt.Errorf("size unit %q is not one of %s", unit, sizeUnits)
	}
	if unit == "" {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 {
			return 0, errors.New("not a number of bytes")
		}
		return Size(n), nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !(f >= 0 && f*scale < 1<<62) {
		return 0, errors.New("not a number of bytes")
	}
	return Size(f * scale), nil
}

// String returns the size in the largest unit that divides it.
func (s Size) String() string {
	for _, unit := range []struct {
		name  string
		bytes Size
	}{
		{"GiB", kibi * kibi * kibi}, {"GB", kilo * kilo * kilo}, {"MiB", kibi * kibi}, {"MB", kilo * kilo}, {"KiB", kibi}, {"KB", kilo},
	} {
		if s > 0 && s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}
