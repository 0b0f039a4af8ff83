package app_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// The tutorial does what it says, and prints what it shows: a reader types it from
// the top, in a folder that holds the repository.
func TestTutorialShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	s := newSitting(t)
	printed := ""
	for _, b := range blocks(t, "docs/writing-a-plugin.md") {
		switch {
		case b.language == "sh":
			printed = s.typed(b.text)
		case b.language == "text" && b.file == "dev":
			s.awaitShown(b.text)
		case b.language == "text":
			if !shows(b.text).MatchString("\n" + alike(printed)) {
				t.Errorf("the page shows\n%s\nand this is printed:\n%s", b.text, printed)
			}
		default:
			s.save(b.file, b.text)
		}
	}
	s.typed("stop\n")
	s.end()
}

// What a new plugin's own README says works too, from its test to the metrics of a
// running gateway.
func TestANewPluginsReadmeWorks(t *testing.T) {
	t.Parallel()
	s := newSitting(t)
	s.typed("export PATH=\"$PWD/switchhook/bin:$PATH\"\n" +
		"switchhook plugin new friends --command Sns.CallbackFriendAdd --command Brand.CallbackNew --unlisted\ncd friends\n")
	var all strings.Builder
	for _, b := range blocksOf(t, s.rig.path("friends/README.md")) {
		all.WriteString(s.typed(b.text))
	}
	printed := all.String()
	for _, part := range []string{
		"ok  \texample.com/friends", "event acknowledged", "code 0", "friends  ready  0.1.0", "goes to friends",
		`switchhook_callbacks_total{command="Sns.CallbackFriendAdd",outcome="accepted"} 1`,
	} {
		if !strings.Contains(printed, part) {
			t.Errorf("it does not show %q, but:\n%s", part, printed)
		}
	}
	s.typed("stop\n")
	s.end()
}

// sitting is a reader's terminal: one shell, typed to block by block.
type sitting struct {
	rig      *rig
	process  *apptest.Process
	keyboard io.Writer
	out      *apptest.Journal
	blocks   int
	seen     int // how much of dev's output the page has shown
}

// typist adds dev to what the scripts of the other pages know.
const typist = prelude + `
dev() {
	stop
	: >"$LOG"
	switchhook dev "$@" --listen 127.0.0.1:0 >>"$LOG" 2>&1 &
	GATEWAY=$!
	until grep -q 'Ctrl-C ends all' "$LOG"; do
		kill -0 "$GATEWAY" || { cat "$LOG" >&2; exit 1; }
		sleep 0.1
	done
	URL=$(sed -n 's/.* is ready at \(http.*\)$/\1/p' "$LOG")
}
`

func newSitting(t *testing.T) *sitting {
	t.Helper()
	r := newRig(t)
	if err := os.MkdirAll(r.path("switchhook"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bin(t), r.path("switchhook/bin")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh")
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "CGO_ENABLED=0", "GOWORK=", "SWITCHHOOK_TOKEN=", "TMPDIR="+r.dir, promptExit)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	keyboard, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &sitting{rig: r, keyboard: keyboard, out: &apptest.Journal{}}
	cmd.Stdout = s.out
	s.process = r.spawn(cmd, r.log)
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // whatever the shell has started
	s.typed(typist)
	return s
}

// typed types a block, waits for its end and returns what it printed.
func (s *sitting) typed(block string) string {
	s.rig.t.Helper()
	for _, change := range [][2]string{
		{`(?m)^make -C switchhook build$`, `:`}, // it is built
		{`(?m)^switchhook serve (.*)$`, `serve switchhook $1`},
		{`(?m)^switchhook dev (.*)$`, `dev $1`},
		{` --listen 127\.0\.0\.1:8080`, ``}, // they choose
		{`http://127\.0\.0\.1:8080/`, `"$$URL"`},
		{`127\.0\.0\.1:9480`, `"$$ADMIN"`},
	} {
		block = regexp.MustCompile(change[0]).ReplaceAllString(block, change[1])
	}
	if strings.Contains(block, "\ndev ") || strings.HasPrefix(block, "dev ") {
		s.seen = 0
	}
	s.blocks++
	end := fmt.Sprintf("@@ end of block %d\n", s.blocks)
	skip := s.out.Size()
	if _, err := fmt.Fprintf(s.keyboard, "%secho '@@ end of block' %d\n", block, s.blocks); err != nil {
		s.rig.t.Fatal(err)
	}
	eventually(s.rig.t, "this is done:\n"+block, func() bool {
		if s.process.Ended() && !strings.HasSuffix(s.out.String(), end) {
			s.rig.t.Fatalf("%v after\n%s\nprinted:\n%s\nlog:\n%s", s.process.State(), block, s.out.String()[skip:], s.log())
		}
		return strings.HasSuffix(s.out.String(), end)
	})
	return strings.TrimSuffix(s.out.String()[skip:], end)
}

// save writes a file of the page where the reader is: all of them are the plugin's.
// The gateway leaves it to the page when a new program is taken up: on a busy machine
// it would be faster than the command that the page shows.
func (s *sitting) save(file, text string) {
	if file == "switchhook.yaml" {
		text += "watch_plugins: false\n"
	}
	s.rig.write(filepath.Join("friends", file), text)
}

// log returns what the program in the other terminal has printed.
func (s *sitting) log() string {
	text, err := os.ReadFile(s.rig.path("log"))
	if err != nil {
		return ""
	}
	return string(text)
}

// awaitShown waits until dev shows a block of the page, after the last that it
// showed. What the plugin logs and what the gateway says of it come by different
// ways, so a log line may be second.
func (s *sitting) awaitShown(block string) {
	s.rig.t.Helper()
	wants := []*regexp.Regexp{shows(block)}
	if lines := strings.Split(strings.TrimSpace(block), "\n"); len(lines) == 2 && strings.Contains(lines[0], " log ") {
		wants = append(wants, shows(lines[1]+"\n"+lines[0]))
	}
	var got string
	defer func() {
		if s.rig.t.Failed() {
			s.rig.t.Logf("dev shows:\n%s", got)
		}
	}()
	eventually(s.rig.t, "dev shows\n"+block, func() bool {
		got = "\n" + alike(s.log())
		for _, want := range wants {
			if at := want.FindStringIndex(got[s.seen:]); at != nil {
				s.seen += at[1] - 1 // the end of a line is the beginning of the next
				return true
			}
		}
		return false
	})
}

// end closes the terminal.
func (s *sitting) end() {
	s.rig.t.Helper()
	if _, err := io.WriteString(s.keyboard, "exit 0\n"); err != nil {
		s.rig.t.Fatal(err)
	}
	if code := s.process.ExitCode(); code != 0 {
		s.rig.t.Errorf("the shell ended with %d", code)
	}
	s.rig.checkNothingLeft()
}

// alike makes what differs from one time to the next the same: times of day,
// durations, ports; how columns are aligned, and empty lines.
func alike(text string) string {
	for _, change := range [][2]string{
		{`\b\d\d:\d\d:\d\d\b`, "15:04:05"},
		{`\b\d+(\.\d+)?(µs|ms|s)\b`, "1s"},
		{`\b\d+\.\d ms of`, "1.0 ms of"},
		{`127\.0\.0\.1:\d+`, "127.0.0.1:8080"},
		{`[ \t]+`, " "},
		{`\n+`, "\n"},
	} {
		text = regexp.MustCompile(change[0]).ReplaceAllString(text, change[1])
	}
	return text
}

// shows returns what finds a block of the page among whole lines: "…" stands for
// anything.
func shows(block string) *regexp.Regexp {
	parts := strings.Split(alike(strings.TrimSuffix(block, "\n")), "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile(`(?s)\n` + strings.Join(parts, `.*?`) + `\n`)
}
