package pluginhost_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// The plugin offers no metrics: what the system says of it needs none of its help.
func TestProcessesAreToldAsTheSystemSeesThem(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "well", Replicas: 2}}
	}, "well")
	figures := []string{"cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "threads"}
	shown := func() map[string]float64 {
		text, err := gather(h.registry)
		if err != nil {
			t.Fatal(err)
		}
		values := make(map[string]float64)
		for _, line := range regexp.MustCompile(`(?m)^switchhook_plugin_process_(\w+)\{plugin="well",replica="(\d)"\} (\S+)$`).FindAllStringSubmatch(text, -1) {
			value, err := strconv.ParseFloat(line[3], 64)
			if err != nil {
				t.Fatal(err)
			}
			values[line[1]+" "+line[2]] = value
		}
		return values
	}
	values := shown()
	for replica := range 2 {
		for _, figure := range figures {
			if key := fmt.Sprint(figure, " ", replica); values[key] <= 0 && !strings.HasPrefix(key, "cpu") {
				t.Errorf("%s is %v of %v", key, values[key], values)
			}
		}
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || values["resident_memory_bytes 0"] < 1<<20 || values["threads 0"] < 2 || len(values) != 10 {
		t.Errorf("%v (%v)", values, err)
	}
	if _, err := h.Disable(t.Context(), "well"); err != nil {
		t.Fatal(err)
	}
	if left := shown(); len(left) != 0 {
		t.Errorf("disabled, it has %v", left)
	}
}
