package pluginhost_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestLogLinesOfAllKindsAreRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line, level, message string
		fields               int
	}{
		"slog":                 {`{"time":"2026-01-01T00:00:00Z","level":"WARN","msg":"m","k":1,"l":{"a":[]}}`, "WARN", "m", 2},
		"slog between levels":  {`{"level":"INFO+2","msg":"m"}`, "INFO+2", "m", 0},
		"slog below debug":     {`{"level":"DEBUG-4","msg":"m"}`, "DEBUG-4", "m", 0},
		"slog first":           {`{"@level":"error","level":"WARN","message":"n","msg":"m"}`, "WARN", "m", 0},
		"a level that is none": {`{"level":"WARN+x","msg":"m"}`, "INFO", "m", 0},
		"a level beyond all":   {`{"level":1e999,"msg":"m"}`, "INFO", "m", 0},
		"hclog":                {`{"@level":"error","@message":"m","@timestamp":"t","@module":"x"}`, "ERROR", "m", 1},
		"hclog trace":          {`{"@level":"trace","@message":"m"}`, "DEBUG", "m", 0},
		"pino":                 {`{"level":50,"time":1,"msg":"m","pid":7}`, "ERROR", "m", 1},
		"pino warn":            {`{"level":40,"msg":"m"}`, "WARN", "m", 0},
		"pino debug":           {`{"level":20,"msg":"m"}`, "DEBUG", "m", 0},
		"the killer":           {`{"@level":30}`, "INFO", `{"@level":30}`, 0},
		"a number to say":      {`{"@message":123}`, "INFO", "123", 0},
		"objects as both":      {`{"@level":{"a":1},"@message":["x"]}`, "INFO", `["x"]`, 0},
		"no message":           {`{"level":"error","err":"broken"}`, "ERROR", `{"level":"error","err":"broken"}`, 0},
		"raw":                  {"hello", "INFO", "hello", 0},
		"raw with brackets":    {"[WARN] hot", "WARN", "[WARN] hot", 0},
		"raw with a colon":     {"ERROR: broken", "ERROR", "ERROR: broken", 0},
		"raw in other words":   {"[main] began: now", "INFO", "[main] began: now", 0},
		"half an object":       {`{"level":`, "INFO", `{"level":`, 0},
		"an array":             {`["a"]`, "INFO", `["a"]`, 0},
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

// logged is what the gateway's log has of a line that a plugin has printed.
func logged(t *testing.T, line string, secrets ...string) map[string]any {
	t.Helper()
	var log bytes.Buffer
	out := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))
	pluginhost.LogLines(out, secrets, line)
	var record map[string]any
	d := json.NewDecoder(&log)
	d.UseNumber()
	if err := d.Decode(&record); err != nil {
		t.Fatal(err)
	}
	return record
}

func TestWhatAnAuthorLogsArrivesAsItWas(t *testing.T) {
	t.Parallel()
	var line bytes.Buffer
	author := slog.New(slog.NewJSONHandler(&line, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))
	at := time.Now().Add(-time.Second)
	record := slog.NewRecord(at, slog.LevelWarn+2, "store opened", 0)
	record.AddAttrs(
		slog.Int("rows", 3), slog.Uint64("large", 1<<63), slog.Float64("share", 0.25), slog.Bool("new", true),
		slog.Duration("took", time.Second), slog.Time("from", at), slog.Any("nothing", nil), slog.String("text", "3"),
		slog.Any("err", errors.New("disk full")), slog.Any("list", []any{1, "a", map[string]any{"b": false}}),
		slog.Group("db", slog.String("path", "/x"), slog.Group("pool", slog.Int("open", 2))), slog.Any("empty", map[string]any{}),
	)
	if err := author.Handler().WithGroup("store").Handle(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	d := json.NewDecoder(bytes.NewReader(line.Bytes()))
	d.UseNumber()
	if err := d.Decode(&said); err != nil {
		t.Fatal(err)
	}
	got := logged(t, line.String())
	for _, key := range []string{"time", "level", "msg"} {
		if got[key] != said[key] {
			t.Errorf("%s is %v, and was %v", key, got[key], said[key])
		}
		delete(said, key)
	}
	if diff := cmp.Diff(said, got["fields"]); diff != "" {
		t.Errorf("the attributes were (-) and are (+):\n%s", diff)
	}
	if got["raw"] != nil || logged(t, "hello")["raw"] != true {
		t.Error("prints are not told from what was logged")
	}
}

// A plugin that heeds no level is held to it all the same.
func TestLinesBelowTheLevelAreLeftOut(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	pluginhost.LogLines(slog.New(slog.NewTextHandler(&log, nil)), nil, `{"level":"DEBUG","msg":"quiet"}`, `{"level":"INFO","msg":"loud"}`)
	if text := log.String(); strings.Contains(text, "quiet") || !strings.Contains(text, "loud") {
		t.Errorf("logged %s", text)
	}
}

func TestHostileLinesAreBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)
	long := strings.Repeat("x", 10<<10)
	tests := map[string]struct{ line, want string }{
		"deep objects":              {`{"msg":"m","k":` + deep + `}`, `{"k":{"a":{"a":{"a":{"a":{"a":{"a":"[nested too deep]"}}}}}}}`},
		"deep lists":                {`{"msg":"m","k":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `}`, `{"k":[[[[[["[nested too deep]"]]]]]]}`},
		"many fields":               {`{"msg":"m"` + strings.Repeat(`,"k":1`, 1000) + `}`, `{"k":1}`},
		"a long text":               {`{"msg":"m","k":"` + long + `"}`, `{"k":"` + long[:2<<10] + `…"}`},
		"a long number":             {`{"msg":"m","k":1` + strings.Repeat("0", 2000) + `}`, `{"k":"[number too long]"}`},
		"a long key":                {`{"msg":"m","` + long + `":1}`, `{"` + long[:64] + `…":1}`},
		"a secret, nested":          {`{"msg":"m","k":{"l":["pass12345",{"pass12345":"the pass12345!"}]}}`, `{"k":{"l":["[redacted]",{"[redacted]":"the [redacted]!"}]}}`},
		"a secret that is a number": {`{"msg":"m","k":[123456789],"l":123456789}`, `{"k":["[redacted]"],"l":"[redacted]"}`},
		"a time that is none":       {`{"msg":"m","time":"2999-01-01T00:00:00Z","k":1}`, `{"k":1}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := logged(t, tt.line, "pass12345", "123456789")
			got, err := json.Marshal(record["fields"])
			if err != nil || string(got) != tt.want {
				t.Errorf("got %.300s, want %.300s (%v)", got, tt.want, err)
			}
			text, _ := record["time"].(string)
			if at, err := time.Parse(time.RFC3339Nano, text); err != nil || at.After(time.Now()) {
				t.Errorf("its time is %s", text)
			}
		})
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, `,"k%d":%d`, i, i)
	}
	if fields, _ := logged(t, `{"msg":"m"`+many.String()+`}`)["fields"].(map[string]any); len(fields) != 32 {
		t.Errorf("%d fields were kept", len(fields))
	}
}

func FuzzLogLine(f *testing.F) {
	for _, line := range []string{`{"@level":30}`, `{"@message":[1]}`, `{"msg":"m","a":{"b":[{"c":null},1e999,-0.5]},"a":2}`, `{"msg":"m","":{"":{}}}`, `{"msg":"m","level":"WARN"}`, "panic: x", "[ERROR] y", "{", "\x00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		level, message, fields := pluginhost.ParseLogLine(line)
		if level == "" || fields > 32 || (utf8.ValidString(line) && !utf8.ValidString(message)) {
			t.Errorf("got %s %q with %d fields", level, message, fields)
		}
		var log bytes.Buffer
		pluginhost.LogLines(slog.New(slog.NewJSONHandler(&log, nil)), []string{"a secret of many"}, line)
		if n := bytes.Count(log.Bytes(), []byte("\n")); n > 1 || n == 1 && !json.Valid(log.Bytes()) {
			t.Errorf("%q became %q", line, log.Bytes())
		}
	})
}
