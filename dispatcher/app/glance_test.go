package app_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/dispatcher/inbox"
)

func TestAHealthCheckDoesNotWaitForADiskThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hung, looks := make(chan struct{}), 0
		look := app.Glances(func(context.Context) (inbox.Status, error) {
			looks++
			<-hung // whatever the deadline
			return inbox.Status{Problem: "hung"}, nil
		})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				began := time.Now()
				_, err := look()
				if err == nil || !strings.Contains(err.Error(), "disk") || time.Since(began) > time.Second {
					t.Errorf("after %s: %v", time.Since(began), err)
				}
			})
		}
		all.Wait()
		close(hung)
		synctest.Wait()
		if looks != 1 {
			t.Errorf("%d looks wait for the disk, want one", looks)
		}
		if s, err := look(); err != nil || s.Problem != "hung" || looks != 2 {
			t.Errorf("once it answers: %v, %v, at look %d", s, err, looks)
		}
	})
}

func TestAHealthCheckTellsWhyTheInboxDoesNotAnswer(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	look := app.Glances(func(ctx context.Context) (inbox.Status, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the look has no end")
		}
		return inbox.Status{}, broken
	})
	if _, err := look(); !errors.Is(err, broken) {
		t.Errorf("it says %v", err)
	}
}
