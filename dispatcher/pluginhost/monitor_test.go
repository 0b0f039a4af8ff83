package pluginhost_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// subject is a process as a monitor sees it.
type subject struct {
	beats   atomic.Bool // its heartbeats come
	last    atomic.Int64
	answers atomic.Bool // it answers its health checks
	late    atomic.Bool // not the next one
	unwell  error
	stuck   error
	holdUp  atomic.Int64 // how long its watcher is held up
	checks  atomic.Int64

	mu    sync.Mutex
	story []told
	began time.Time
}

func (s *subject) tell(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.story = append(s.story, told{what, time.Since(s.began)})
}

func (s *subject) told() []told {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.story
}

// told is what a monitor said, and when.
type told struct {
	what string
	at   time.Duration
}

// beat is the process's own clock.
func (s *subject) beat(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.beats.Load() {
			s.last.Store(time.Now().UnixNano())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *subject) health(ctx context.Context) error {
	s.checks.Add(1)
	if s.late.Swap(false) || !s.answers.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.unwell
}

// watch monitors the subject while the script runs, and returns what was told.
func watch(t *testing.T, s *subject, script func()) []told {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s.began = time.Now()
	s.beats.Store(true)
	s.answers.Store(true)
	go s.beat(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		pluginhost.Monitor(ctx, pluginhost.Watched{
			Heard: func() time.Time { return time.Unix(0, s.last.Load()) }, Health: s.health,
			Stuck: func(time.Time) error {
				pass(time.Duration(s.holdUp.Swap(0)))
				return s.stuck
			},
			Interval: 5 * time.Second, Timeout: 2 * time.Second,
			Unwell: func(err error) {
				if err != nil {
					s.tell("unwell: " + err.Error())
				}
			},
		}, func(kind string, cause error) {
			if cause != nil {
				kind += ": " + cause.Error()
			}
			s.tell(kind)
		})
	}()
	synctest.Wait()
	script()
	cancel()
	<-done
	return s.story
}

// pass lets the bubble's time go by.
func pass(d time.Duration) { <-time.After(d) }

// saw checks what was told, each no later than a time since the beginning.
func saw(t *testing.T, got []told, want ...told) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i].what, w.what) || got[i].at > w.at {
			t.Errorf("told %q after %s, want %q by %s", got[i].what, got[i].at, w.what, w.at)
		}
	}
}

func TestAProcessThatIsStoppedIsOutWithinASecondAndKilledWithinThree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s subject
		got := watch(t, &s, func() {
			pass(10 * time.Second)
			s.beats.Store(false)
			s.answers.Store(false)
			pass(10 * time.Second)
		})
		saw(t, got, told{"silent: no heartbeat for ", 11 * time.Second},
			told{"mute: no answer to the health check within 2s", 13 * time.Second})
	})
}

func TestAProcessThatIsBackGetsItsCallbacksBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s subject
		got := watch(t, &s, func() {
			s.beats.Store(false)
			pass(time.Second)
			s.beats.Store(true)
			pass(time.Minute)
		})
		saw(t, got, told{"silent: no heartbeat for ", time.Second}, told{"heard", 2 * time.Second})
	})
}

func TestAStreamThatStaysSilentIsFatalThoughHealthIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s subject
		got := watch(t, &s, func() {
			s.beats.Store(false)
			pass(time.Minute)
		})
		saw(t, got, told{"silent: no heartbeat for ", time.Second},
			told{"mute: it answers the health check, and its stream has given no sign of life for ", 10 * time.Second})
	})
}

func TestAPluginThatSaysItIsUnwellIsShownAndLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := subject{unwell: errors.New("the disk is full")}
		got := watch(t, &s, func() { pass(11 * time.Second) })
		saw(t, got, told{"unwell: the disk is full", 6 * time.Second}, told{"unwell: the disk is full", 11 * time.Second})
	})
}

func TestACommandThatIsNotAnsweredAnyMoreIsFatal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := subject{stuck: errors.New("it has answered no Sns.CallbackBlackListAdd for 2s")}
		got := watch(t, &s, func() { pass(time.Minute) })
		saw(t, got, told{"mute: it has answered no Sns.CallbackBlackListAdd for 2s", time.Second})
	})
}

// A laptop that slept, a gateway that was stopped: the answer was in time, and it is
// the gateway that comes too late to see it.
func TestAGatewayThatWasHeldUpBlamesNobody(t *testing.T) {
	t.Parallel()
	for range 50 { // which of its senses comes first is left to chance
		synctest.Test(t, func(t *testing.T) {
			var s subject
			got := watch(t, &s, func() {
				s.answers.Store(false) // the check at 5 s is under way, and not answered
				pass(5100 * time.Millisecond)
				s.holdUp.Store(int64(10 * time.Second))
				pass(time.Second)
				s.answers.Store(true)
				pass(time.Minute)
			})
			saw(t, got)
		})
	}
}

// A gateway that gets the processor for half of each second still finds out who is
// there no more, and leaves in peace who is.
func TestAGatewayThatIsHeldUpAgainAndAgainStillJudges(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			var s subject
			doze := func(times int) {
				for range times {
					s.holdUp.Store(int64(600 * time.Millisecond))
					pass(time.Second)
				}
			}
			got := watch(t, &s, func() {
				doze(60)
				saw(t, s.told())
				s.beats.Store(false)
				s.answers.Store(false)
				doze(30)
			})
			saw(t, got, told{"silent: no heartbeat for ", 68 * time.Second},
				told{"mute: no answer to the health check within 2s", 80 * time.Second})
		})
	}
}

// One late check says nothing of a process that shows signs of life; two do.
func TestAHealthCheckIsRepeatedWhereTheHeartbeatsCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s subject
		got := watch(t, &s, func() {
			for range 3 {
				s.late.Store(true)
				pass(20 * time.Second)
			}
			saw(t, s.told())
			s.answers.Store(false)
			pass(time.Minute)
		})
		saw(t, got, told{"mute: no answer to the health check within 2s", 70 * time.Second})
	})
}
