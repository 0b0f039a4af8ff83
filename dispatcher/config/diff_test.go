package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/config"
)

func TestWhatAReloadTakesOver(t *testing.T) {
	t.Parallel()
	const base = `
apps: {1: {tokens: [a]}, 2: {insecure: true}}
plugins: {a: {config: {x: 1, y: 2}}}
routes: {Sns.*: {handlers: [a]}}
`
	for name, tt := range map[string]struct {
		text            string
		reload, restart []string
	}{
		"nothing new":                         {text: base},
		"another order, the defaults spelled": {text: "plugin_dir: ''\nroutes: {Sns.*: {handlers: [a]}}\nplugins: {a: {path: p, mtls: auto, config: {y: 2, x: 1}}}\napps: {2: {insecure: true, tokens: []}, 1: {tokens: [a], max_in_flight: 512}}\n", reload: []string{"plugin_dir", "plugins.a"}},
		"a token more":                        {text: "apps: {1: {tokens: [a, b]}, 2: {insecure: true}}\nplugins: {a: {config: {x: 1, y: 2}}}\nroutes: {Sns.*: {handlers: [a]}}\n", reload: []string{"apps.1"}},
		"an app less, a route of an app":      {text: "apps: {2: {insecure: true, routes: {Sns.*: {handlers: [b]}}}}\nplugins: {a: {config: {x: 1, y: 2}}}\nroutes: {Sns.*: {handlers: [a]}}\n", reload: []string{"apps.1", "apps.2"}},
		"a plugin's settings, a new route":    {text: "apps: {1: {tokens: [a]}, 2: {insecure: true}}\nplugins: {a: {config: {x: 1, y: 3}}}\nroutes: {Sns.*: {handlers: [a]}, Group.*: {handlers: [a]}}\n", reload: []string{"plugins.a", "routes.Group.*"}},
		"what needs a restart":                {text: base + "listen: ':1'\nadmin: {hosts: [x]}\ntls: {cert: c, key: k}\nmax_body: 2MiB\n", restart: []string{"listen", "max_body", "tls.cert", "tls.key", "admin.hosts"}},
		"an inbox":                            {text: base + "inbox: {max_bytes: 1GB, duplicate_window: 2h, retention: 1h, on_full: refuse, retry: {max_age: 1h}, deliveries: {'*': {order: user}}}\n", reload: []string{"inbox.retention", "inbox.retry", "inbox.deliveries.*"}, restart: []string{"inbox.max_bytes", "inbox.duplicate_window"}},
		"a cluster":                           {text: base + "inbox: {store: jetstream, nats: {servers: ['nats://a'], creds: c, tls: {ca: d}}}\n", restart: []string{"inbox.store", "inbox.nats.servers", "inbox.nats.creds", "inbox.nats.tls.ca"}},
		"a plugin's local state":              {text: strings.Replace(base, "{a: {config", "{a: {local_state: allow, config", 1), reload: []string{"plugins.a"}},
		"traces":                              {text: base + "tracing: {endpoint: 'a:4317', sample_ratio: 1, headers: {a: b}}\n", restart: []string{"tracing.endpoint", "tracing.headers.a", "tracing.sample_ratio"}},
		"the defaults stated":                 {text: base + "listen: ':8080'\nadmin: {hosts: []}\nsign_window: 1m\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, now := parse(t, base), parse(t, tt.text)
			now.Path = "another.yaml" // which is not a difference
			if diff := cmp.Diff(tt.reload, config.ReloadKeys(old, now)); diff != "" {
				t.Errorf("ReloadKeys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.restart, config.RestartKeys(old, now)); diff != "" {
				t.Errorf("RestartKeys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(config.RestartKeys(old, now), config.RestartKeys(now, old)); diff != "" {
				t.Errorf("the way back differs:\n%s", diff)
			}
		})
	}
}
