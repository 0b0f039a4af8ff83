package pool_test

import (
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
)

// Who keeps callbacks holds a plugin's death against those that it may have had, and
// against no other.
func TestOnlyWhatAPluginMayHaveHadIsLost(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		process *process
		lost    bool
	}{
		"the process dies with it": {dies(), true},
		"no process is there":      {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if tt.process != nil {
				f.Exchange(tt.process.Intake)
			}
			_, err := f.Handle(t.Context(), sdk.Callback{ID: "one", Command: afterCommand})
			wantKind(t, err, sdk.KindUnavailable)
			if got := pool.Lost(err); got != tt.lost {
				t.Errorf("Lost(%v) = %t, want %t", err, got, tt.lost)
			}
		})
	}
}
