package conformance_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/conformance"
)

func report() conformance.Report {
	return conformance.Report{
		Program: "bin/mine", SHA256: "ab", Name: "mine", Version: "1.0", Language: "node",
		Checks: []conformance.Check{
			{Name: "handshake", Link: "mtls", Result: conformance.Passed, Detail: "fine", TookMS: 1.234567},
			{Name: "health", Link: "mtls", Result: conformance.Failed, Detail: "not\nwell", TookMS: 2000},
			{Name: "stream", Link: "mtls", Result: conformance.NotApplicable, Detail: "not offered"},
			{Name: "drain", Link: "mtls", Result: conformance.Unchecked, Detail: "see health"},
			{Name: "stop", Link: "mtls", Result: conformance.Unchecked, Detail: "see health"},
			{Name: "leftovers", Link: "mtls", Result: conformance.Unchecked, Detail: "see stop"},
			{Name: "handshake", Link: "plaintext", Result: conformance.Unchecked, Detail: "see stop"},
		},
		TookMS: 3000,
	}
}

func TestReportReadsAsText(t *testing.T) {
	t.Parallel()
	const want = `with mTLS
  ok           handshake          1.23ms  fine
  FAILED       health                 2s  not well
  n/a          stream                 0s  not offered
  not checked  drain                   -  and all to stop, 2 checks: see health
  not checked  leftovers               -  see stop

without mTLS
  not checked  handshake               -  see stop

bin/mine, mine 1.0 (node): 1 ok, 1 failed, 1 not applicable, 4 not checked, in 3s
`
	if diff := cmp.Diff(want, text(t, report())); diff != "" {
		t.Error(diff)
	}
}

func TestReportSurvivesJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(report())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"result":"ok"`, `"result":"fail"`, `"result":"not_applicable"`, `"result":"unchecked"`,
		`"ok":false`, `"took_ms":1.234567`, `"took_ms":3000`, `"link":"plaintext"`,
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
	var got conformance.Report
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report(), got); diff != "" {
		t.Error(diff)
	}
}

func TestReportThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	if err := report().WriteText(brokenWriter{}); err == nil || !strings.Contains(err.Error(), "write report: pipe is gone") {
		t.Errorf("err = %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("pipe is gone") }
