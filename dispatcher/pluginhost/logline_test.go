package pluginhost_test

import (
	"testing"
	"unicode/utf8"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestLogLinesOfAllKindsAreRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line, level, message string
		fields               int
	}{
		"slog":                {`{"time":"2026-01-01T00:00:00Z","level":"WARN","msg":"m","k":1,"l":{"a":[]}}`, "WARN", "m", 2},
		"slog between levels": {`{"level":"INFO+2","msg":"m"}`, "INFO", "m", 0},
		"hclog":               {`{"@level":"error","@message":"m","@timestamp":"t","@module":"x"}`, "ERROR", "m", 1},
		"hclog trace":         {`{"@level":"trace","@message":"m"}`, "DEBUG", "m", 0},
		"pino":                {`{"level":50,"time":1,"msg":"m","pid":7}`, "ERROR", "m", 1},
		"pino warn":           {`{"level":40,"msg":"m"}`, "WARN", "m", 0},
		"pino debug":          {`{"level":20,"msg":"m"}`, "DEBUG", "m", 0},
		"the killer":          {`{"@level":30}`, "INFO", `{"@level":30}`, 0},
		"a number to say":     {`{"@message":123}`, "INFO", "123", 0},
		"objects as both":     {`{"@level":{"a":1},"@message":["x"]}`, "INFO", `["x"]`, 0},
		"no message":          {`{"level":"error","err":"broken"}`, "ERROR", `{"level":"error","err":"broken"}`, 0},
		"raw":                 {"hello", "INFO", "hello", 0},
		"raw with brackets":   {"[WARN] hot", "WARN", "[WARN] hot", 0},
		"raw with a colon":    {"ERROR: broken", "ERROR", "ERROR: broken", 0},
		"raw in other words":  {"[main] began: now", "INFO", "[main] began: now", 0},
		"half an object":      {`{"level":`, "INFO", `{"level":`, 0},
		"an array":            {`["a"]`, "INFO", `["a"]`, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			level, message, fields := pluginhost.ParseLogLine(tt.line)
			if level != tt.level || message != tt.message || fields != tt.fields {
				t.Errorf("got %s %q with %d fields", level, message, fields)
			}
		})
	}
}

func FuzzLogLine(f *testing.F) {
	for _, line := range []string{`{"@level":30}`, `{"msg":"m","level":"WARN"}`, "panic: x", "[ERROR] y", "{", "\x00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		level, message, fields := pluginhost.ParseLogLine(line)
		if level == "" || fields > 32 || (utf8.ValidString(line) && !utf8.ValidString(message)) {
			t.Errorf("got %s %q with %d fields", level, message, fields)
		}
	})
}
