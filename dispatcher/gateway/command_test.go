package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestImplausibleCommands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ command, logged string }{
		"none":                        {"", `no CallbackCommand`},
		"the documentation's":         {"$CallbackCommand", `placeholder of Tencent's documentation`},
		"another placeholder":         {"{CallbackCommand}", `placeholder of Tencent's documentation`},
		"with a newline":              {"Sns.X\nlevel=ERROR", `Sns.X\\nlevel=ERROR`},
		"with a terminal's escape":    {"Sns.\x1b[31m", `Sns.\\x1b[31m`},
		"of 10 kB":                    {strings.Repeat("x", 10_000), `"length":10000`},
		"in another script":           {"Sns.Сallback", `Sns.\\u0421allback`},
		"that is a path":              {"../../etc/passwd", `../../etc/passwd`},
		"that begins with a dot":      {".CallbackX", `.CallbackX`},
		"with a trailing white space": {"Sns.CallbackX ", `Sns.CallbackX `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil)
			query := strings.Replace(signedQuery("COMMAND"), "COMMAND", url.QueryEscape(tc.command), 1)
			for range 3 {
				if got := r.post(query, "{}"); got.status != http.StatusBadRequest {
					t.Errorf("answered %d %s", got.status, got.body)
				}
			}
			r.wants(3, "switchhook_requests_rejected_total", "reason=bad_command")
			lines := strings.Split(strings.TrimSpace(r.logs.String()), "\n")
			if len(lines) != 1 || !strings.Contains(lines[0], tc.logged) || len(lines[0]) > 600 {
				t.Errorf("want one short line with %s, got %q", tc.logged, lines)
			}
		})
	}
}

func TestPlausibleCommandsNeedNotBeKnown(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	for _, command := range []string{"Group.CallbackOfNextYear", "Push.OfflinePush", "New-Family_2.Word", "Wordless"} {
		if got := r.post(signedQuery(command), "{}"); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", command, got.status)
		}
	}
}
