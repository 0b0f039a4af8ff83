package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
)

var errCause = errors.New("disk is full")

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want sdk.FaultKind
	}{
		"any error":                 {errCause, sdk.KindFailed},
		"a permanent one":           {sdk.Permanent(errCause), sdk.KindPermanent},
		"a complaint":               {sdk.Malformed(errCause), sdk.KindMalformed},
		"no room":                   {sdk.Overloaded(0, errCause), sdk.KindOverloaded},
		"worth another attempt":     {sdk.RetryAfter(time.Second, errCause), sdk.KindFailed},
		"a wrapped fault":           {fmt.Errorf("store pair: %w", sdk.Permanent(errCause)), sdk.KindPermanent},
		"one of several":            {errors.Join(errCause, sdk.Malformed(errCause)), sdk.KindMalformed},
		"an expired deadline":       {fmt.Errorf("ask: %w", context.DeadlineExceeded), sdk.KindTimeout},
		"a cancelled call":          {context.Canceled, sdk.KindFailed},
		"a fault about a deadline":  {sdk.Permanent(context.DeadlineExceeded), sdk.KindPermanent},
		"the gateway's own finding": {&sdk.Fault{Kind: sdk.KindUnavailable}, sdk.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sdk.KindOf(tt.err); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestFaultsKeepTheirCauseAndTheirWait(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		sdk.Permanent(errCause), sdk.Malformed(errCause), sdk.Overloaded(time.Second, errCause), sdk.RetryAfter(time.Second, errCause),
	} {
		if !errors.Is(err, errCause) || err.Error() != errCause.Error() {
			t.Errorf("%v lost its cause", err)
		}
	}
	for _, err := range []error{sdk.Overloaded(time.Second, errCause), sdk.RetryAfter(time.Second, errCause)} {
		var fault *sdk.Fault
		if !errors.As(err, &fault) || fault.RetryAfter != time.Second {
			t.Errorf("%v lost its wait", err)
		}
	}
	if text := (&sdk.Fault{Kind: sdk.KindTimeout}).Error(); text != "timeout" {
		t.Errorf("a fault without cause says %q", text)
	}
}

func TestKindsHaveNamesAndAPlanForAnotherAttempt(t *testing.T) {
	t.Parallel()
	type kind struct {
		Name  string
		Retry bool
	}
	var got []kind
	for k := sdk.KindFailed; k <= sdk.KindBadReply+1; k++ {
		got = append(got, kind{k.String(), k.Retryable()})
	}
	want := []kind{
		{"failed", true},
		{"permanent", false},
		{"malformed", false},
		{"overloaded", true},
		{"unsupported", false},
		{"unavailable", true},
		{"timeout", true},
		{"bad_reply", false},
		{"unknown", false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
