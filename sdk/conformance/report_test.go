package conformance_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/conformance"
)

func report() conformance.Report {
	return conformance.Report{
		Program: "bin/mine", SHA256: "ab", Name: "mine", Version: "1.0", Language: "node",
		Checks: []conformance.Check{
			{Name: "handshake", Link: "mtls", Verdict: conformance.Passed, Detail: "fine", Took: 1234567},
			{Name: "health", Link: "mtls", Verdict: conformance.Failed, Detail: "not\nwell", Took: 2 * time.Second},
			{Name: "handshake", Link: "plaintext", Verdict: conformance.NotApplicable, Detail: "no link"},
		},
		Took: 3 * time.Second,
	}
}

func TestReportReadsAsText(t *testing.T) {
	t.Parallel()
	const want = `bin/mine: mine 1.0 (node)

with mTLS
  ok      handshake  1.23ms  fine
  FAILED  health     2s      not well

without mTLS
  n/a  handshake  0s  no link

1 passed, 1 failed, 1 not applicable, in 3s
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
	for _, want := range []string{`"verdict":"not_applicable"`, `"passed":false`, `"took_nanos":3000000000`, `"link":"plaintext"`} {
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
