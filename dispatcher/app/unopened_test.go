package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// A disk that is full when the gateway starts is counted as one that becomes full later.
func TestAnEventWithoutAnOpenInboxFailsForItsReason(t *testing.T) {
	t.Parallel()
	for want, why := range map[sdk.FaultKind]error{
		sdk.KindOverloaded:  fmt.Errorf("the disk has 0 bytes left: %w", store.ErrFull),
		sdk.KindUnavailable: errors.New("input/output error"),
	} {
		refused := inbox.NewAppendErrors()
		err := app.AcceptUnopened(refused, why)
		if got := sdk.KindOf(err); got != want || !errors.Is(err, why) || !strings.Contains(err.Error(), "keep Sns.CallbackBlackListAdd") {
			t.Errorf("%v is answered with %s: %v", why, got, err)
		}
		if n := testutil.ToFloat64(refused); n != 1 {
			t.Errorf("%v: %g events are counted as refused, want one", why, n)
		}
	}
}
