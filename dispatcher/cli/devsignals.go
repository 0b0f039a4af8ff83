package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignalled returns a context that ends with the first signal to stop. A
// hangup is one: dev belongs to the terminal that it was started in, unless that was
// to survive it, as with nohup. With a second signal the process ends at once, after
// last. Stop has to be called; last is not called after it.
func untilSignalled(ctx context.Context, last func()) (_ context.Context, stop func()) {
	told := make(chan os.Signal, 2) // the first two are all that count
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	signal.Notify(told, signals...)
	ctx, cancel := context.WithCancel(ctx)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			select {
			case s := <-told:
				if n > 0 {
					last()
					endBy(s)
				}
				cancel()
			case <-over:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(told)
		close(over)
		<-ended
		cancel()
	}
}

// endBy ends the process as the signal does by itself, which tells a shell why.
func endBy(s os.Signal) {
	const afterSignal = 128 // what shells add to the signal's number
	number, _ := s.(syscall.Signal)
	signal.Reset(s)
	_ = syscall.Kill(os.Getpid(), number)
	os.Exit(afterSignal + int(number)) // where the signal is ignored
}
