package app_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// block is a fenced block of a document.
type block struct {
	language string
	file     string // the second word after the fence: the file to put it in
	text     string
}

// blocks reads the fenced blocks of a document of the repository.
func blocks(t *testing.T, document string) []block {
	t.Helper()
	return blocksOf(t, filepath.Join("../..", document))
}

func blocksOf(t *testing.T, document string) []block {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]+) ?(\\S*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, block{m[1], m[2], m[3]})
	}
	if len(all) == 0 {
		t.Fatalf("%s has no blocks: this test cannot read it", document)
	}
	return all
}

// substitutions are all that is changed in a document's commands before they
// run: a gateway goes to the background and to free ports, what needs the
// repository gets it, and nothing is built into the repository.
func substitutions(t *testing.T) [][2]string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return [][2]string{
		{`(?m)^make run\b`, lastLine(t, "run")}, // what it runs once everything is built
		{`(?m)^make test\b`, `make -C '` + root + `' --dry-run test >/dev/null`},
		{`(?m)^(\S*bin/switchhook) serve (.*)$`, `serve $1 $2`},
		{` --listen 127\.0\.0\.1:8080`, ``}, // serve chooses
		{`(?m)^(serve \S+ --config switchhook\.yaml)( *# once your app stands in it.*)$`, `$1 --app ` + shopApp + ` $2`},
		{`127\.0\.0\.1:9480`, `"$$ADMIN"`},
		{`127\.0\.0\.1:8080/ `, `"$$LISTEN"/ `},
	}
}

// lastLine is what a target of the Makefile comes to.
func lastLine(t *testing.T, target string) string {
	t.Helper()
	out, err := exec.Command("make", "-C", "../..", "--no-print-directory", "--dry-run", target).CombinedOutput()
	if err != nil {
		t.Fatalf("make --dry-run %s: %v\n%s", target, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.ReplaceAll(lines[len(lines)-1], "$", "$$")
}

// prelude defines serve: it runs a gateway in the background and returns when
// the gateway is ready.
const prelude = `set -eu
LOG=$PWD/log GATEWAY=
trap 'stop' EXIT
stop() {
	[ -z "$GATEWAY" ] || { kill "$GATEWAY"; wait "$GATEWAY"; }
	GATEWAY=
}
serve() {
	stop
	program=$1
	shift
	: >"$LOG"
	"$program" serve "$@" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 2>>"$LOG" &
	GATEWAY=$!
	until ADMIN=$(sed -n 's/.*"msg":"ready".*"admin":"\([^"]*\)".*/\1/p' "$LOG") && [ -n "$ADMIN" ]; do
		kill -0 "$GATEWAY" || { cat "$LOG" >&2; exit 1; }
		sleep 0.1
	done
	LISTEN=$(sed -n 's/.*"msg":"ready".*"listen":"\([^"]*\)".*/\1/p' "$LOG")
}
`

// execute runs the sh blocks of a document as one session in a folder that holds
// what `make build` makes, and returns what was printed. Blocks with a file's
// name become that file on the way.
func execute(t *testing.T, document, first string) string {
	t.Helper()
	r := newRig(t)
	home := r.path("switchhook")
	for _, name := range []string{"switchhook", "plugins/blacklist"} {
		r.write("switchhook/bin/plugins/.keep", "")
		if err := os.Symlink(filepath.Join(bin(t), name), filepath.Join(home, "bin", name)); err != nil {
			t.Fatal(err)
		}
	}
	script := prelude + first + "\n"
	for _, b := range blocks(t, document) {
		switch {
		case b.file != "":
			script += "cat >" + b.file + " <<'END OF FILE'\n" + b.text + "END OF FILE\n"
		case b.language == "sh":
			script += b.text
		}
	}
	for _, s := range substitutions(t) {
		script = regexp.MustCompile(s[0]).ReplaceAllString(script, s[1])
	}
	out, err := runScript(t, home, script)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(home, "log"))
		t.Fatalf("%s: %v\nscript:\n%s\nprinted:\n%s\nlog:\n%s", document, err, script, out, log)
	}
	if left := r.processes(); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	return out
}

// runScript runs a shell script in a process group that does not outlive it, and
// without the network: what the Go tool needs has to be in its module cache.
func runScript(t *testing.T, dir, script string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	cmd.Env = append(os.Environ(), "GOPROXY=off", "CGO_ENABLED=0", "GOWORK=", "TMPDIR="+dir, promptExit)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	group := -cmd.Process.Pid
	late := time.AfterFunc(2*patience, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	defer late.Stop()
	err := cmd.Wait()
	_ = syscall.Kill(group, syscall.SIGKILL)
	return out.String(), err
}

// A stranger types what the documents show, and sees what they promise.
func TestDocumentsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first string // what the reader has done before
		shows []string
	}{
		"README.md": {shows: []string{
			"\ngoes to blacklist\n", " of Tencent's 2s\n", "\nblacklist has handled it, at the first attempt\n", "id|id1|blocked\nid|id2|blocked\nid|id3|blocked\n",
			"\n" + outcome(event, "accepted") + " 1\n",
		}},
		"plugins/blacklist/README.md": {
			first: "bin/switchhook serve --app " + shopApp + "\nbin/switchhook send " + event,
			shows: []string{"│ " + shopApp + " │ id           │ id1        │ blocked │"},
		},
		"docs/testing-your-endpoint.md": {shows: []string{
			"C2C.CallbackBeforeSendMsg  ", "\nSns.CallbackPrevFriendAdd ", "\nmessage would be DELIVERED\n", "100 of 100 sent",
			"\nrequest REFUSED with 403, as it should be: its Sign is missing\n", "its Sign is of another token\n", "its RequestTime is 2h0m0s old\n",
			"\nFAILURE error_code: ", "\nFAILURE msg_body: ", "older copies print a wrong token", "exit code 1\n",
			"\nok    foreign app    refused with 403\n",
		}},
	}
	for document, tt := range tests {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			printed := execute(t, document, tt.first)
			for _, part := range tt.shows {
				if !strings.Contains(printed, part) {
					t.Errorf("%s does not show %q, but:\n%s", document, part, printed)
				}
			}
		})
	}
}

// The plugin in the README is one: built and put into the plugin directory, it
// is found.
func TestReadmesPluginRuns(t *testing.T) {
	t.Parallel()
	all := blocks(t, "README.md")
	at := slices.IndexFunc(all, func(b block) bool { return b.language == "go" })
	if at < 0 {
		t.Fatal("the README shows no plugin")
	}
	r := newRig(t)
	const head = "package main\n\nimport (\n\t\"context\"\n\t\"log/slog\"\n\n" +
		"\t\"github.com/switchhook/switchhook/sdk\"\n\t\"github.com/switchhook/switchhook/sdk/imevent\"\n\t\"github.com/switchhook/switchhook/sdk/serve\"\n)\n\n"
	r.write("main.go", head+all[at].text)
	if err := goBuild("CGO_ENABLED=0", "-o", r.path("bin/plugins/mine"), r.path("main.go")); err != nil {
		t.Fatal(err)
	}
	r.start()
	if p := r.plugin("mine"); p.State != string(pluginhost.StateReady) || p.Version != "0.1.0" {
		t.Errorf("plugin mine is %+v", p)
	}
	r.want("a callback", r.post(r.query(shopApp, event, shopToken), []byte(threePairs)), okReply)
	r.log.Await(t, "blocked", "mine", shopApp)
}
