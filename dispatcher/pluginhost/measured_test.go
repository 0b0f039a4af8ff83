package pluginhost_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk/wire"
)

// measure gives the texts that the plugin was configured to give.
func (m *moody) measure(ctx context.Context) ([]byte, error) {
	settings := m.settings.Load()
	switch config := string(settings.Config); {
	case strings.Contains(config, "flood"):
		return make([]byte, wire.MaxMetrics+1), nil
	case strings.Contains(config, "hang"):
		if err := os.WriteFile(filepath.Join(settings.DataDir, "asked"), nil, 0o600); err != nil {
			return nil, err
		}
		<-ctx.Done()
		return nil, ctx.Err()
	default:
		return fmt.Appendf(nil, "of process %d", m.facts().PID), nil
	}
}

// processes returns those of the plugin "measures" that can be asked what they measure.
func (h *house) processes(t *testing.T) []pluginhost.MeasuredProcess {
	t.Helper()
	for _, m := range h.Measured() {
		if m.Plugin == "measures" {
			return m.Processes
		}
	}
	t.Fatalf("no plugin measures itself: %v", h.Measured())
	return nil
}

func TestReadyProcessesThatMeasureThemselvesCanBeAsked(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "measures", Replicas: 2}}
	}, "measures", "well")
	if all := h.Measured(); len(all) != 1 || len(all[0].Processes) != 2 {
		t.Fatalf("measured: %v", all)
	}
	replicas := h.status(t, "measures").Replicas
	before := h.processes(t)
	for i, p := range before {
		answer, err := p.Collect(t.Context())
		if want := fmt.Sprint("of process ", replicas[i].PID); err != nil || p.Replica != i || string(answer) != want {
			t.Errorf("process %d: got %q, %v, want %q", i, answer, err, want)
		}
	}

	if err := syscall.Kill(replicas[1].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		now := h.processes(t)
		return len(now) == 2 && now[1].ID != before[1].ID
	})
	if now := h.processes(t); now[0].ID != before[0].ID {
		t.Error("the process that lived on has another id")
	}
	if _, err := before[1].Collect(t.Context()); err == nil {
		t.Error("a dead process answers")
	}

	if _, err := h.Disable(t.Context(), "measures"); err != nil {
		t.Fatal(err)
	}
	if left := h.processes(t); len(left) != 0 {
		t.Errorf("disabled, it has %v", left)
	}
}

func TestTooManyMetricsAreNamedAsThat(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "measures", Config: []byte(`{"do": "flood"}`)}}
	}, "measures")
	if _, err := h.processes(t)[0].Collect(t.Context()); !errors.Is(err, pluginhost.ErrMetricsTooLarge) {
		t.Errorf("err = %v", err)
	}
}

// A plugin that does not answer must not hold up its own end.
func TestAnEndDoesNotWaitForMetrics(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "measures", Config: []byte(`{"do": "hang"}`)}}
	}, "measures")
	process := h.processes(t)[0]
	ended := make(chan error)
	go func() {
		_, err := process.Collect(context.Background())
		ended <- err
	}()
	eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(h.data, "plugins/measures/data/asked"))
		return err == nil
	})
	h.close(t)
	if err := <-ended; err == nil {
		t.Error("no error of a process that has ended")
	}
	if killed := h.log.lines(t, "plugin did not stop in good order"); len(killed) > 0 {
		t.Errorf("it was killed: %v", killed)
	}
}

func TestPlacesInUseAreToldWithTheirLimit(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "well", MaxInFlight: 7}}
	}, "well")
	told := func(lines ...string) bool {
		text, err := gather(h.registry)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !strings.Contains(text, line+"\n") {
				return false
			}
		}
		return true
	}
	const inFlight, limit = `switchhook_plugin_calls_in_flight{plugin="well"} `, `switchhook_plugin_calls_in_flight_limit{plugin="well"} 7`
	if !told(inFlight+"0", limit) {
		t.Error("an idle plugin is not told as one")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.try(ctx, "well", body{Do: "block"}) //nolint:errcheck // It ends with its context.
	}()
	eventually(t, func() bool { return told(inFlight+"1", limit) })
	cancel()
	<-done
	eventually(t, func() bool { return told(inFlight + "0") })
}
