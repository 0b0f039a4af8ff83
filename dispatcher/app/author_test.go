package app_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// repository returns the absolute path of the checkout.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// succeed runs a program in the rig's directory, which has to succeed, and returns
// what it prints. The module cache has all that it needs.
func (r *rig) succeed(cmd *exec.Cmd) string {
	r.t.Helper()
	cmd.Dir = r.dir
	cmd.Env = append(cmd.Environ(), "GOPROXY=off", "CGO_ENABLED=0", "GOWORK=off", "SWITCHHOOK_TOKEN=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

// edit changes a file of the rig by one replacement.
func (r *rig) edit(name, old, replacement string) {
	r.t.Helper()
	text, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		r.t.Fatalf("%s does not say %q:\n%s", name, old, text)
	}
	r.write(name, strings.Replace(string(text), old, replacement, 1))
}

// bench is a `switchhook dev` under way.
type bench struct {
	rig     *rig
	process *apptest.Process
	out     *apptest.Journal // both of its streams
	url     string
}

// develop starts `switchhook dev args…` and waits until it serves.
func (r *rig) develop(args ...string) *bench {
	r.t.Helper()
	b := &bench{rig: r, out: &apptest.Journal{}}
	cmd := r.switchhook(append([]string{"dev", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(cmd.Env, "GOPROXY=off", "CGO_ENABLED=0", "GOWORK=off")
	cmd.Stdout = b.out
	b.process = r.spawn(cmd, b.out)
	b.await(0, `Ctrl-C ends all`)
	url := regexp.MustCompile(` at (http://\S+)\n`).FindStringSubmatch(b.out.String())
	if url == nil {
		r.t.Fatalf("it does not say where it serves:\n%s", b.out)
	}
	b.url = url[1]
	return b
}

// await waits until what was printed after the first skip bytes matches.
func (b *bench) await(skip int, pattern string) {
	b.rig.t.Helper()
	re := regexp.MustCompile(pattern)
	eventually(b.rig.t, "dev prints "+pattern, func() bool {
		if b.process.Ended() && !re.MatchString(b.out.String()[skip:]) {
			b.rig.t.Fatalf("dev ended: %v\n%s", b.process.State(), b.out)
		}
		return re.MatchString(b.out.String()[skip:])
	})
}

// shows sends a command and waits for dev's line about it.
func (b *bench) shows(command, line string) {
	b.rig.t.Helper()
	skip := b.out.Size()
	cmd := b.rig.switchhook("send", command, "--app", shopApp, "--url", b.url)
	cmd.Env = append(cmd.Env, "SWITCHHOOK_TOKEN=")
	_ = cmd.Run() // its exit code says what the reply was, as the line does
	b.await(skip, `(?m)^\d\d:\d\d:\d\d `+regexp.QuoteMeta(command)+": "+line+`; \d+\.\d ms of 2,000$`)
}

// saves changes the plugin and waits for what dev says about it.
func (b *bench) saves(old, replacement, line string) {
	b.rig.t.Helper()
	skip := b.out.Size()
	b.rig.edit("friends/handlers.go", old, replacement)
	b.await(skip, `(?m)^\d\d:\d\d:\d\d handlers.go changed: building$`)
	b.await(skip, line)
}

// interrupt ends dev as Ctrl-C does.
func (b *bench) interrupt() {
	b.rig.t.Helper()
	b.process.Signal(syscall.SIGINT)
	if code := b.process.ExitCode(); code != 0 {
		b.rig.t.Errorf("dev ended with exit code %d:\n%s", code, b.out)
	}
	b.rig.checkNothingLeft()
}

// A new user's first hour, outside of the repository: from nothing to a plugin
// under a gateway, and on to one that is changed while it serves.
func TestAnAuthorsFirstHour(t *testing.T) {
	t.Parallel()
	const ask, tell = "Sns.CallbackPrevFriendAdd", "Sns.CallbackFriendAdd"
	r := newRig(t)
	r.succeed(r.switchhook("plugin", "new", "friends", "--command", ask, "--command", tell, "--sdk", repository(t)))
	if out := r.succeed(exec.Command("make", "-C", "friends", "test")); !strings.Contains(out, "ok  \texample.com/friends") {
		t.Error(out)
	}
	r.succeed(exec.Command("make", "-C", "friends", "install", "PLUGIN_DIR="+r.path("bin/plugins")))

	r.launch(r.switchhook(append([]string{"serve", "--app", shopApp}, freePorts()...)...))
	if out := r.succeed(r.switchhook("send", ask)); !strings.Contains(out, "\nfriend request would be ALLOWED\n") {
		t.Error(out)
	}
	r.edit("friends/handlers.go", "imevent.Friend.Allow(ev)", `imevent.Friend.Reject(ev, "closed")`)
	r.succeed(exec.Command("make", "-C", "friends", "install", "PLUGIN_DIR="+r.path("bin/plugins")))
	if out := r.succeed(r.switchhook("config", "reload")); out != "changed plugins.friends\n" {
		t.Error(out)
	}
	if out := r.succeed(r.switchhook("send", ask)); !strings.Contains(out, "\nfriend request would be REFUSED for every target: ") {
		t.Error(out)
	}
	r.stop()

	b := r.develop("friends")
	b.shows(ask, `friend request would be REFUSED for every target: .*`)
	b.shows(tell, `event acknowledged; Tencent reads nothing more of the reply`)
	b.shows(gesture, `no plugin claims it; message would be DELIVERED`)
	b.saves(`imevent.Friend.Reject(ev, "closed")`, "imevent.Friend.Allow(ev)", ` friends replaced: built in `)
	b.shows(ask, `friend request would be ALLOWED`)
	b.saves("imevent.Friend.Allow(ev)", "imevent.Friends.Allow(ev)", `(?s) DOES NOT BUILD:\n.*undefined: imevent\.Friends\n.* the old process goes on\n`)
	b.shows(ask, `friend request would be ALLOWED`)
	b.saves("imevent.Friends.Allow(ev)", "imevent.FriendAnswer{}", ` friends replaced: built in `)
	b.shows(ask, `FAILURE bad_reply, plugin friends: answer `+ask+`: empty friend answer: .*; the gateway answers by policy: friend request would be ALLOWED`)
	b.saves("sdk.Ack{}, nil", `sdk.Ack{}, sdk.Malformed(context.Canceled)`, ` friends replaced: built in `)
	b.shows(tell, `FAILURE malformed, plugin friends: context canceled; event NOT ACKNOWLEDGED; .*`)
	b.saves("sdk.Ack{}, sdk.Malformed(context.Canceled)", `func() (sdk.Ack, error) { panic("no friends") }()`, ` friends replaced: built in `)
	b.shows(tell, `FAILURE failed, plugin friends: handler panicked: no friends; event NOT ACKNOWLEDGED; .*`)
	b.interrupt()
}

// A save never costs a callback: while the plugin is replaced, all that comes is
// answered by the old process or by the new one.
func TestDevReplacesAPluginWithoutALostCallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.succeed(r.switchhook("plugin", "new", "friends", "--command", "Sns.CallbackFriendAdd", "--sdk", repository(t)))
	b := r.develop("friends")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			target := b.url + "?SdkAppid=" + shopApp + "&CallbackCommand=Sns.CallbackFriendAdd"
			resp, err := r.client.Post(target, "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Errorf("callback %d: %v", n, err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("callback %d: status %d", n, resp.StatusCode)
			}
		}
	}()
	b.saves(`"callback received"`, `"callback came"`, ` friends replaced: built in `)
	skip := b.out.Size()
	b.await(skip, `Sns.CallbackFriendAdd: event acknowledged`)
	close(stop)
	<-stopped
	if out := b.out.String(); strings.Contains(out, "FAILURE") {
		t.Errorf("a callback failed:\n%s", out)
	}
	b.interrupt()
}

// A plugin is more than its directory: what it imports of another checkout counts
// as well.
func TestDevNoticesASaveInAnotherCheckout(t *testing.T) {
	t.Parallel()
	const ask = "Sns.CallbackPrevFriendAdd"
	r := newRig(t)
	r.succeed(r.switchhook("plugin", "new", "friends", "--command", ask, "--sdk", repository(t)))
	r.write("shared/go.mod", "module example.com/shared\n\ngo 1.26.0\n")
	r.write("shared/words/words.go", "package words\n\nconst Refusal = \"not today\"\n")
	r.edit("friends/go.mod", "\nreplace ", "\nrequire example.com/shared v0.0.0\n\nreplace example.com/shared => ../shared\n\nreplace ")
	r.edit("friends/handlers.go", "import (\n", "import (\n\t\"example.com/shared/words\"\n")
	r.edit("friends/handlers.go", "imevent.Friend.Allow(ev)", "imevent.Friend.Reject(ev, words.Refusal)")
	b := r.develop("friends")
	b.shows(ask, `friend request would be REFUSED for every target: .*"not today".*`)
	skip := b.out.Size()
	r.edit("shared/words/words.go", "today", "tomorrow")
	b.await(skip, `shared/words/words.go changed: building\n`)
	b.await(skip, ` friends replaced: built in `)
	b.shows(ask, `friend request would be REFUSED for every target: .*"not tomorrow".*`)
	b.interrupt()
}

// A plugin of the repository, with its settings in the gateway's own file, whose
// change counts like one of the source.
func TestDevTakesSettingsFromTheGatewaysFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.write("dev.yaml", "listen: ':1'\napps: {'7': {insecure: true}}\nplugins:\n  other: {path: /none}\n  blacklist: {config: {busy_timeout: soon}}\n")
	b := r.develop(filepath.Join(repository(t), "plugins", "blacklist"), "--config", "dev.yaml")
	b.await(0, `(?m)^blacklist DOES NOT COME UP: .*busy_timeout is "soon"`)
	skip := b.out.Size()
	r.edit("dev.yaml", "soon", "2s")
	b.await(skip, `dev.yaml changed: building\n`)
	b.await(skip, ` blacklist replaced: built in `)
	b.shows(event, `event acknowledged; Tencent reads nothing more of the reply`)
	b.interrupt()
}
