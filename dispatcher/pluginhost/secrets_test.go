package pluginhost_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// A secret with what escapes are for, one that came by ${NAME} to a place that the
// schema does not mark, and what must be seen of neither.
const (
	markedSecret   = `hüsh "quoted" <&> s3cr3t/+= line`
	expandedSecret = "postgres://u:p4ssw0rd@db/x"
)

func TestASecretIsSeenNowhere(t *testing.T) {
	t.Parallel()
	h := startConfiding(t, "unwell", func(o *pluginhost.Options) { o.HealthInterval = 10 * time.Millisecond })
	h.do(t, "p", body{Do: "tell"})
	eventually(t, func() bool { return strings.Count(h.log.String(), `"msg":"told"`) == 2 })

	_, err := h.try(t.Context(), "p", body{Do: "fail with the secret"})
	if want := "no login with [redacted]"; err == nil || err.Error() != want || sdk.KindOf(err) != sdk.KindPermanent {
		t.Errorf("the fault is %v (%v), want a permanent one that says %q", err, sdk.KindOf(err), want)
	}

	unwell := filepath.Join(h.data, "plugins", "p", "data", "unwell")
	if err := os.WriteFile(unwell, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := h.await(t, "p", func(s pluginhost.Status) bool { return s.Unhealthy != "" })
	if want := "no login with [redacted]"; !strings.Contains(s.Error, want) {
		t.Errorf("the error is %q, want %q in it", s.Error, want)
	}
	nothingTold(t, h)
	if err := os.Remove(unwell); err != nil {
		t.Fatal(err)
	}

	if _, err := h.try(t.Context(), "p", body{Do: "crash with the secret"}); err == nil {
		t.Error("a crash was answered")
	}
	s = h.await(t, "p", func(s pluginhost.Status) bool { return s.Restarts > 0 && s.State == pluginhost.StateReady })
	if want := "panic: cannot log in with [redacted]"; !strings.Contains(s.Error, want) {
		t.Errorf("the error is %q, want %q in it", s.Error, want)
	}
	nothingTold(t, h)

	var shown map[string]any
	if err := json.Unmarshal(s.Config, &shown); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"token": "[redacted]", "address": "[redacted]", "mode": "unwell"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("the configuration that is shown (-want +got):\n%s", diff)
	}
}

func TestASecretInARefusalIsNotSeen(t *testing.T) {
	t.Parallel()
	h := startConfiding(t, "refuse", nil)
	s := h.await(t, "p", func(s pluginhost.Status) bool { return s.Error != "" })
	if want := "it refuses its configuration: the server does not know the token [redacted]"; !strings.Contains(s.Error, want) {
		t.Errorf("the error is %q, want %q in it", s.Error, want)
	}
	nothingTold(t, h)
	configs := []pluginhost.PluginConfig{confidingConfig(t, "refuse")}
	configs[0].MTLS = pluginhost.MTLSOff
	_, err := h.Apply(t.Context(), h.dir, configs)
	if err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("the reload says %v", err)
	}
}

func startConfiding(t *testing.T, mode string, change func(*pluginhost.Options)) *house {
	t.Helper()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{confidingConfig(t, mode)}
		if change != nil {
			change(o)
		}
	})
	h.install(t, "p", "confides")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func confidingConfig(t *testing.T, mode string) pluginhost.PluginConfig {
	t.Helper()
	raw, err := json.Marshal(confiding{Token: markedSecret, Address: expandedSecret, Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	return pluginhost.PluginConfig{Name: "p", Config: raw, Secrets: []string{expandedSecret}}
}

// nothingTold looks for the secrets wherever the host says or keeps something.
func nothingTold(t *testing.T, h *house) {
	t.Helper()
	status, err := json.Marshal(h.Status())
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := gather(h.registry)
	if err != nil {
		t.Fatal(err)
	}
	record, err := os.ReadFile(filepath.Join(h.data, "plugins", "p", "describe.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	places := map[string]string{"log": h.log.String(), "status": string(status), "metrics": metrics, "describe.json": string(record)}
	for place, text := range places {
		for _, part := range []string{
			"s3cr3t", "p4ssw0rd",
			base64.RawStdEncoding.EncodeToString([]byte(markedSecret)), base64.RawStdEncoding.EncodeToString([]byte(expandedSecret)),
		} {
			if strings.Contains(text, part) {
				t.Errorf("the %s holds %q", place, part)
			}
		}
	}
}

func BenchmarkALogLine(b *testing.B) {
	const line = `{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"a callback was answered","command":"Sns.CallbackBlackListAdd","took":"1.5ms"}`
	log := slog.New(slog.DiscardHandler)
	for name, secrets := range map[string][]string{"no secrets": nil, "one secret": {markedSecret}, "ten secrets": {
		"secret-0-aaaa", "secret-1-bbbb", "secret-2-cccc", "secret-3-dddd", "secret-4-eeee",
		"secret-5-ffff", "secret-6-gggg", "secret-7-hhhh", "secret-8-iiii", "secret-9-jjjj",
	}} {
		b.Run(name, func(b *testing.B) {
			lines := make([]string, b.N)
			for i := range lines {
				lines[i] = line
			}
			b.ReportAllocs()
			b.ResetTimer()
			pluginhost.LogLines(log, secrets, lines...)
		})
	}
}
