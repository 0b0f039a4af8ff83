package sdktest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

const (
	told    = "Test.Told"
	endless = 4 << 20 // the bytes of a line without end

	// patience is how long an answer may take on a machine that is busy with others.
	patience = 4 * time.Minute
)

// send sends a callback and waits for the answer for as long as it takes.
func send(t *testing.T, link *sdktest.Link, command string, body any) (sdk.Reply, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return link.Send(ctx, command, body)
}

// obedient says in its reply who it is, or does what the body says.
func obedient(name string) serve.Plugin {
	var mux sdk.Mux
	var cfg struct {
		Text string `json:"text"`
	}
	var dir string
	mux.HandleAny(told, sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		switch string(cb.Body) {
		case "exit":
			os.Exit(3)
		case "panic":
			panic("told to")
		case "print without end":
			_, _ = os.Stderr.WriteString(strings.Repeat("x", endless))
		case "print":
			fmt.Println("printed where a handshake would have been") //nolint:forbidigo // that is the mistake
			slog.WarnContext(ctx, "logged", "key", "value")
		}
		return sdk.Reply{Info: fmt.Sprint(name, " ", cfg.Text, " ", os.Getpid()), Code: len(os.Getenv(secretKey))}, nil
	}))
	return serve.Plugin{
		Name: name, Mux: &mux, Config: &cfg,
		Start: func(_ context.Context, env serve.Env) error {
			if cfg.Text == "refused" {
				return errors.New("no such text")
			}
			dir = env.DataDir
			return nil
		},
		Close: func(context.Context) error {
			return os.WriteFile(filepath.Join(dir, "closed"), []byte(name), 0o600)
		},
	}
}

// tell sends an order and returns who answered.
func tell(t *testing.T, link *sdktest.Link, order string) (name string, pid int) {
	t.Helper()
	reply, err := send(t, link, told, order)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ = strings.Cut(reply.Info, " ")
	pid, err = strconv.Atoi(reply.Info[strings.LastIndex(reply.Info, " ")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return name, pid
}

func inProcess(dir, config string) sdktest.Options {
	return sdktest.Options{Process: true, DataDir: dir, Config: config}
}

func TestPluginRunsAsAProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := sdktest.StartWith(t, obedient("one"), inProcess(dir, `{"text": "hello"}`))
	name, pid := tell(t, link, "")
	if name != "one" || pid == os.Getpid() {
		t.Errorf("%s answers from process %d, and this is %d", name, pid, os.Getpid())
	}
	if reply, err := send(t, link, told, ""); err != nil || reply.Code != 0 {
		t.Errorf("the test's own environment reached the plugin: %+v, %v", reply, err)
	}
	d, err := link.Describe(t.Context())
	if err != nil || d.Name != "one" || link.Healthy(t.Context()) != nil {
		t.Errorf("description = %+v, %v", d, err)
	}
	if err := link.Close(); err != nil {
		t.Error(err)
	}
	if closed, err := os.ReadFile(filepath.Join(dir, "closed")); err != nil || string(closed) != "one" {
		t.Errorf("the plugin's Close did not run: %q, %v", closed, err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is left: %v", pid, err)
	}
}

// Each call of a test becomes the plugin that stands there, in subtests too.
func TestPluginsOfOneTestDoNotMixUp(t *testing.T) {
	t.Parallel()
	here := sdktest.Start(t, obedient("here"))
	links := map[string]*sdktest.Link{}
	for _, name := range []string{"one", "two"} {
		links[name] = sdktest.StartWith(t, obedient(name), sdktest.Options{Process: true})
	}
	for name, link := range links {
		if got, _ := tell(t, link, ""); got != name {
			t.Errorf("%s answers in place of %s", got, name)
		}
	}
	if _, pid := tell(t, here, ""); pid != os.Getpid() {
		t.Error("a plugin without the option got a process")
	}
	for _, name := range []string{"a sentence (with signs)", "another"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			link := sdktest.StartWith(t, obedient("sub"), sdktest.Options{Process: true})
			if got, pid := tell(t, link, ""); got != "sub" || pid == os.Getpid() {
				t.Errorf("%s answers from %d", got, pid)
			}
		})
	}
}

func TestProcessSaysWhatItPrints(t *testing.T) {
	t.Parallel()
	var log record
	link := sdktest.StartWith(t, obedient("one"), sdktest.Options{Process: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	tell(t, link, "print")
	tell(t, link, "panic or not")
	if _, err := send(t, link, told, "panic"); err == nil || !strings.Contains(err.Error(), "told to") {
		t.Errorf("err = %v", err)
	}
	if err := link.Close(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"printed where a handshake would have been", "level=WARN msg=logged key=value", "level=ERROR msg=\"plugin code panicked\""} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &log)
		}
	}
}

// A line without end takes no more memory than one, and its last part is logged
// when the process has ended.
func TestLineWithoutEndIsLoggedInParts(t *testing.T) {
	t.Parallel()
	var log record
	link := sdktest.StartWith(t, obedient("one"), sdktest.Options{Process: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	tell(t, link, "print without end")
	if err := link.Close(); err != nil {
		t.Error(err)
	}
	printed := 0
	for line := range strings.Lines(log.String()) {
		n := strings.Count(line, "x")
		if printed += n; n > 64<<10+len("xx") {
			t.Errorf("a record has %d bytes", n)
		}
	}
	if printed < endless {
		t.Errorf("%d of %d bytes were logged", printed, endless)
	}
}

func TestProcessThatDiesIsTheTestsFailure(t *testing.T) {
	t.Parallel()
	spy := &recorder{TB: t}
	link := sdktest.StartWith(spy, obedient("one"), sdktest.Options{Process: true})
	if _, err := send(t, link, told, "exit"); err == nil || sdk.KindOf(err) != sdk.KindUnavailable {
		t.Errorf("err = %v", err)
	}
	if err := link.Close(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("close: %v", err)
	}
	spy.wait = func(failures []string) {
		if len(failures) != 1 || !strings.Contains(failures[0], "close plugin: ") {
			t.Errorf("failures = %q", failures)
		}
	}
}

func TestSettingsAreRefusedByTheProcessToo(t *testing.T) {
	t.Parallel()
	spy := &recorder{TB: t}
	spy.run(func() { sdktest.StartWith(spy, obedient("one"), inProcess(t.TempDir(), `{"text": "refused"}`)) })
	if got := strings.Join(spy.failures, "\n"); got != "start plugin: start: no such text" {
		t.Errorf("failures = %s", got)
	}
}

func TestProcessThatComesToNoCallSaysSo(t *testing.T) {
	t.Parallel()
	spy := &recorder{TB: t, name: "TestThatIsNowhere"}
	spy.run(func() { sdktest.StartWith(spy, obedient("one"), sdktest.Options{Process: true}) })
	want := "the process of TestThatIsNowhere#1 did not become a plugin; it runs the test again, which has to come to the same call there"
	if got := strings.Join(spy.failures, "\n"); !strings.Contains(got, want) || !strings.Contains(got, "testing: warning: no tests to run") {
		t.Errorf("failures = %s", got)
	}
}

func TestOpenHasNoProcess(t *testing.T) {
	t.Parallel()
	_, err := sdktest.Open(t.Context(), obedient("one"), sdktest.Options{Process: true})
	if err == nil || !strings.Contains(err.Error(), "use sdktest.StartWith") {
		t.Errorf("err = %v", err)
	}
}

// record is a log that may be read while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
