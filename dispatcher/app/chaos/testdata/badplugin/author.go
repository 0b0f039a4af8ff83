package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

// author is a plugin as authors write them, with the mistakes that they make. What
// is reported to it is held until it is told to release it.
func author() serve.Plugin {
	var mux sdk.Mux
	released, release := make(chan struct{}), sync.Once{}
	mux.HandleAny(reported, sdk.HandlerFunc(func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		select {
		case <-released:
			return sdk.Reply{}, nil
		case <-ctx.Done():
			return sdk.Reply{}, ctx.Err()
		}
	}))
	mux.HandleAny(misused, sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		var o order
		if err := json.Unmarshal(cb.Body, &o); err != nil {
			return sdk.Reply{}, sdk.Malformed(err)
		}
		if o.Do == "release" {
			release.Do(func() { close(released) })
			return sdk.Reply{}, nil
		}
		return o.obey()
	}))
	return serve.Plugin{Name: "bad", Version: "1.0.0", Mux: &mux}
}

func (o order) obey() (sdk.Reply, error) {
	switch o.Do {
	case "":
	case "panic":
		panic("the handler met a nil map")
	case "panic in a goroutine":
		go func() { panic("the cache is corrupt") }()
		forever()
	case "exit":
		fmt.Fprintln(os.Stderr, "the database is gone")
		os.Exit(3)
	case "hang":
		forever()
	case "hold the CPU":
		holdTheCPU()
	case "hold the CPU for good":
		holdTheCPUForGood()
	case "ignore SIGTERM":
		signal.Ignore(syscall.SIGTERM)
	case "flood stderr":
		return sdk.Reply{}, flood()
	case "print to stdout":
		return sdk.Reply{}, printToStdout()
	case "leak goroutines":
		for range 10_000 {
			go forever()
		}
	case "answer 100 MB":
		return sdk.Reply{Extra: json.RawMessage(`{"Text":"` + strings.Repeat("x", 100<<20) + `"}`)}, nil
	case "delete the socket":
		return sdk.Reply{}, deleteSocket()
	case "leave a child":
		leaveChild("100", &syscall.SysProcAttr{})
	case "leave a child in a session of its own":
		leaveChild("3", &syscall.SysProcAttr{Setsid: true})
	default:
		return sdk.Reply{}, fmt.Errorf("nobody has taught me to %s", o.Do)
	}
	return sdk.Reply{}, nil
}

// forever heeds neither deadline nor cancel.
func forever() { <-make(chan struct{}) }

// holdTheCPU keeps every processor busy until long after the deadline.
func holdTheCPU() {
	end := time.Now().Add(1500 * time.Millisecond)
	for range runtime.GOMAXPROCS(0) - 1 {
		go spin(end)
	}
	spin(end)
}

func spin(end time.Time) {
	for time.Now().Before(end) {
	}
}

// holdTheCPUForGood keeps every processor from all other goroutines, where the runtime
// may not interrupt loops: minutes are for good.
func holdTheCPUForGood() {
	for range runtime.GOMAXPROCS(0) - 1 {
		go grind()
	}
	grind()
}

func grind() {
	x := uint64(1)
	for range 1 << 36 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 { // never: the compiler does not know
		panic(x)
	}
}

// flood prints what has broken log parsers: 10 MB/s for a second, most of it one
// line without an end.
func flood() error {
	for _, line := range []string{
		`{"@level":30}`, `{"@message":[1],"@level":{},"@timestamp":false}`, "\xff\xfe\x00 no text at all", `{"msg":`,
	} {
		if _, err := fmt.Fprintln(os.Stderr, line); err != nil {
			return err
		}
	}
	part := bytes.Repeat([]byte("x"), 1<<20)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 10 {
		if _, err := os.Stderr.Write(part); err != nil {
			return err
		}
		<-tick.C
	}
	for i := range 20_000 {
		if _, err := fmt.Fprintln(os.Stderr, "flood", i); err != nil {
			return err
		}
	}
	return nil
}

// printToStdout prints through every name that standard output has, more than a
// pipe holds.
func printToStdout() error {
	text := strings.Repeat("debug ", 20_000)
	fmt.Println(text)
	for _, fd := range []uintptr{1, os.Stdout.Fd()} {
		for rest := []byte(text + "\n"); len(rest) > 0; {
			n, err := syscall.Write(int(fd), rest)
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return nil
}

// deleteSocket does what a cleaner of temporary directories does.
func deleteSocket() error {
	dir := os.Getenv("PLUGIN_UNIX_SOCKET_DIR")
	deleted := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type()&fs.ModeSocket != 0 {
			deleted++
			err = os.Remove(path)
		}
		return err
	})
	if err == nil && deleted == 0 {
		err = &net.AddrError{Err: "no socket to delete", Addr: dir}
	}
	return err
}

// leaveChild ends the process while a child holds its pipes, for as many seconds
// where nobody ends it.
func leaveChild(seconds string, attributes *syscall.SysProcAttr) {
	child := exec.Command("sleep", seconds)
	child.Stdout, child.Stderr, child.SysProcAttr = os.Stdout, os.Stderr, attributes
	if err := child.Start(); err != nil {
		panic(err)
	}
	os.Exit(4)
}
