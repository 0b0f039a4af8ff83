package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

// Whatever a file holds, lint-reply has a verdict, and its exit code says which.
func FuzzLintReply(f *testing.F) {
	for _, text := range []string{
		ok, "", "success", "<p>", ok + ok, "HTTP/1.1 201 Created\r\n\r\n" + ok, "HTTP/2 200\n\n", "HTTP/", "HTTP/1.1 x\n\n",
		`{"ActionStatus":"OK","ErrorCode":2,"ErrorInfo":"\u001b","ResultItem":[{"To_Account":"","ResultCode":1,"ResultInfo":""}],"x":1}`,
	} {
		f.Add("", text)
		f.Add(beforeFriend, text)
		f.Add("Group.CallbackFuture", text)
	}
	f.Fuzz(func(t *testing.T, command, text string) {
		var out bytes.Buffer
		code := cli.Program{}.Execute(t.Context(), []string{"lint-reply", "-", "--command", command, "--output", "json"}, strings.NewReader(text), &out, io.Discard)
		var report lintReport
		if err := json.Unmarshal(out.Bytes(), &report); code != cli.ExitUsage && (err != nil || report.OK != (code == cli.ExitOK) || report.Meaning == "") {
			t.Errorf("exit code %d, %v: %s", code, err, out.String())
		}
	})
}
