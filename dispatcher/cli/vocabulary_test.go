package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

// Who reads the JSON of one tool can read that of every other: ok is the whole,
// result a part of it, and a time is a number of milliseconds.
func TestToolsSpeakOneVocabulary(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, ok) }))
	t.Cleanup(server.Close)
	token := write(t, "token", secret)
	program := write(t, "program", "#!/bin/sh\necho hello\n")
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	otherUnit := regexp.MustCompile(`(?i)nanos|micros|seconds|took$|passed|verdict`)
	for line, took := range map[string]bool{
		"send State.StateChange --app 1 --url " + server.URL:                  true,
		"send State.StateChange --app 1 --url " + server.URL + " --sign none": true,
		"send State.StateChange --app 1 --url " + server.URL + " --count 3":   true,
		"plugin verify " + program:                                            true,
		"lint-reply -":                                                        false,
		"verify-sign Sign=0&RequestTime=1 --token-file " + token:              false,
		"doctor " + server.URL + "/ --token-file " + token + " --app 1":       false,
	} {
		var out, complaints bytes.Buffer
		args := append(strings.Fields(line), "--output", "json")
		code := cli.Program{}.Execute(t.Context(), args, strings.NewReader(ok), &out, &complaints)
		var printed map[string]any
		if err := json.Unmarshal(out.Bytes(), &printed); err != nil {
			t.Fatalf("%s: %v: %s%s", line, err, out.String(), complaints.String())
		}
		if said, isBool := printed["ok"].(bool); !isBool || said != (code == cli.ExitOK) {
			t.Errorf("%s: ok is %v, and the exit code %d", line, printed["ok"], code)
		}
		if _, isNumber := printed["took_ms"].(float64); isNumber != took {
			t.Errorf("%s: took_ms is %v", line, printed["took_ms"])
		}
		eachKey(printed, func(key string, value any) {
			if otherUnit.MatchString(key) {
				t.Errorf("%s: the key %s is of another vocabulary", line, key)
			}
			if _, isText := value.(string); key == "result" && !isText {
				t.Errorf("%s: result is %v", line, value)
			}
		})
	}
}

// eachKey calls see with every key of every object in value.
func eachKey(value any, see func(key string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			see(key, inner)
			eachKey(inner, see)
		}
	case []any:
		for _, inner := range value {
			eachKey(inner, see)
		}
	}
}
