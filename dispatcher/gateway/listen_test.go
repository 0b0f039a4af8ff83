package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

// childRole marks the process that a test starts to be handed a listener.
const childRole = "SWITCHHOOK_TEST_HANDED_OVER"

// serveHandedOver is what that process does: it serves on what it was handed
// until its standard input ends.
func serveHandedOver() int {
	fail := func(err error) int {
		_, _ = fmt.Fprintln(os.Stdout, err)
		return 1
	}
	listener, err := gateway.Listen(context.Background(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		return fail(err)
	}
	g, err := gateway.New(gateway.Options{Dispatch: func(context.Context, callback) result { return result{} }, Now: docNow})
	if err != nil {
		return fail(err)
	}
	g.SetApps(testApps())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = g.Shutdown(context.Background())
	}()
	_, _ = fmt.Fprintf(os.Stdout, "%s %q\n", listener.Addr(), os.Getenv("LISTEN_PID")+os.Getenv("LISTEN_FDS")+os.Getenv("LISTEN_FDNAMES"))
	if err := g.Serve(context.Background(), listener); err != nil {
		return fail(err)
	}
	return 0
}

// child is this test's program in its other role. The shell knows its own id,
// which exec leaves as it is, and so can name it as systemd would.
func child(t *testing.T, files []*os.File, environment string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", environment+` exec "$0" -test.run=^$`, os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"=1")
	cmd.ExtraFiles = files
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	cmd.Cancel = in.Close
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

func TestListenerIsHandedOver(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	tcp, _ := listener.(*net.TCPListener)
	file, err := tcp.File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()

	cmd, out := child(t, []*os.File{file}, "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=public")
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if want := listener.Addr().String() + ` ""` + "\n"; line != want {
		t.Errorf("the child listens on, and still has in its environment, %s, want %s", line, want)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Post("http://"+listener.Addr().String()+"/?"+signedQuery(afterCommand), "", strings.NewReader(afterBody))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != okBody {
		t.Errorf("answered %s %s %v", resp.Status, body, err)
	}
	if err := cmd.Cancel(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestHandOverThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		environment string
		files       int
		want        string
	}{
		"of two listeners":           {"LISTEN_PID=$$ LISTEN_FDS=2", 2, `LISTEN_FDS is "2"`},
		"of no number":               {"LISTEN_PID=$$ LISTEN_FDS=x", 1, `LISTEN_FDS is "x"`},
		"of something else":          {"LISTEN_PID=$$ LISTEN_FDS=1", 1, "not a listening socket"},
		"to another process":         {"LISTEN_PID=1 LISTEN_FDS=1", 1, "127.0.0.1:"},
		"of what is not a hand-over": {"LISTEN_FDS=1", 1, "127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			null, err := os.Open(os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = null.Close() }()
			files := []*os.File{null, null}[:tc.files]
			cmd, out := child(t, files, tc.environment)
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(line, tc.want) {
				t.Errorf("said %q, want %s", line, tc.want)
			}
			_ = cmd.Cancel()
			_ = cmd.Wait() // its status is the hand-over's, checked by what it says
		})
	}
}

func TestAddressInUseNamesItsHolder(t *testing.T) {
	t.Parallel()
	for name, network := range map[string]string{"IPv4": "127.0.0.1:0", "every address": ":0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := slog.New(slog.DiscardHandler)
			first, err := gateway.Listen(t.Context(), network, log)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = first.Close() }()
			_, err = gateway.Listen(t.Context(), first.Addr().String(), log)
			if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "--listen") {
				t.Fatalf("Listen returned %v", err)
			}
			if runtime.GOOS == "linux" && !strings.Contains(err.Error(), "(pid "+strconv.Itoa(os.Getpid())+")") {
				t.Errorf("the holder is not named: %v", err)
			}
		})
	}
}

func TestAddressThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := gateway.Listen(t.Context(), "no-port", slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("Listen returned %v", err)
	}
}
