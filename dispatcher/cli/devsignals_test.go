package cli_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

// stubborn is the command line with a gateway that says in files that it serves, and
// that it was told to end. With STUBBORN set it does not end then. Like the real one
// it takes a hangup for a reload.
func stubborn() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	serve := func(ctx context.Context, _ cli.Serve) error {
		if err := leaveProcess("serving"); err != nil {
			return err
		}
		<-ctx.Done()
		if err := leaveProcess("ending"); err != nil {
			return err
		}
		if os.Getenv("STUBBORN") != "" {
			<-make(chan struct{})
		}
		return nil
	}
	os.Exit(cli.Program{Serve: serve}.Execute(ctx, os.Args[1:], os.Stdin, io.Discard, os.Stderr))
}

// leaveProcess writes the process's number into a file that is there as a whole or
// not at all.
func leaveProcess(file string) error {
	number := []byte(strconv.Itoa(os.Getpid()))
	return errors.Join(os.WriteFile(file+".new", number, 0o600), os.Rename(file+".new", file))
}

// signalProcess is `signal NAME FILE`: it waits until the file is there, removes it,
// and signals the process that left it.
func signalProcess(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[1])
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for tries := 12000; ; tries-- {
		text, err := os.ReadFile(file)
		if err == nil {
			number, err := strconv.Atoi(string(text))
			ts.Check(errors.Join(err, os.Remove(file)))
			ts.Check(syscall.Kill(number, unix.SignalNum(args[0])))
			return
		}
		if tries == 0 || !errors.Is(err, os.ErrNotExist) {
			ts.Fatalf("%s does not come: %v", args[1], err)
		}
		<-tick.C
	}
}
