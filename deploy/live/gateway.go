package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The app of the stand, and its token.
const (
	app   = "1400000001"
	token = "a-token-of-the-console"
)

// Gateway is the real program, in a directory of its own, with its plugins.
type Gateway struct {
	dir, bin string
	plugins  int
	process  *process
	client   *http.Client
	listen   string     // where callbacks go
	scraping sync.Mutex // /metrics is for few at once
	// Admin is the address that has /metrics.
	Admin string
}

// config is the file of a gateway of its own. Bounds are small, so that they are met.
const config = `
listen: 127.0.0.1:0
admin: {listen: 127.0.0.1:0}
tls: {cert: cert.pem, key: key.pem}
data_dir: data
plugin_dir: plugins
apps:
  %q: {name: shop, tokens: ["${file:token}"]}
routes:
  ` + decided + `: {handlers: [steady], timeout: 1.8s}
  ` + ruled + `: {handlers: [policy], timeout: 400ms, on_failure: deny}
  ` + crowded + `: {handlers: [policy], timeout: 1.9s, on_failure: deny}
  ` + narrow + `: {handlers: [policy], timeout: 1.9s, max_in_flight: 1, on_failure: deny}
  ` + strayed + `: {handlers: [odd]}
  ` + unclaimed + `: {on_failure: deny}
plugins:
  steady: {replicas: 2}
  policy: {max_in_flight: 8}
  mailer: {restart: {budget: 30, window: 10m}}
inbox:
  max_bytes: 12MB
  retry: {max_age: 2s, max_backoff: 1s}
`

// plugins are those of a gateway of its own: blacklist, which is a real one, steady,
// whose two processes do their work whatever happens, policy and mailer, which do
// what callbacks say, and odd, which breaks the rules of the protocol.
func plugins(bin string) map[string]string {
	return map[string]string{
		"blacklist": "exec '" + filepath.Join(bin, "blacklist") + "'\n",
		"steady":    bad(bin, "slow", ""),
		"policy":    bad(bin, "driven", ruled, crowded, narrow, bypassed),
		"mailer":    bad(bin, "driven", mailed, failing),
		"odd":       "unset SWITCHHOOK_PLUGIN\n" + bad(bin, "raw", ""),
	}
}

// bad runs a plugin of that kind, for commands.
func bad(bin, kind string, commands ...string) string {
	return fmt.Sprintf("BADPLUGIN=%s BADPLUGIN_COMMANDS=%s exec '%s'\n", kind, strings.Join(commands, ","), filepath.Join(bin, "badplugin"))
}

// newGateway writes the gateway's directory: its file, and plugins, each a script.
// Bin has the programs.
func newGateway(dir, bin, config string, plugins map[string]string) (*Gateway, error) {
	g := &Gateway{dir: dir, bin: bin, plugins: len(plugins)}
	cert, key, err := certificate()
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	g.client = &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 16},
	}
	faults := []error{
		g.write("switchhook.yaml", config),
		g.write("token", token+"\n"),
		g.write("cert.pem", string(cert)),
		g.write("key.pem", string(key)),
	}
	for name, script := range plugins {
		faults = append(faults, g.write("plugins/"+name, "#!/bin/sh\n"+script))
	}
	return g, errors.Join(faults...)
}

// write makes a file in one step: the gateway may be reading it.
func (g *Gateway) write(name, text string) error {
	path := filepath.Join(g.dir, name)
	return errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o700),
		os.WriteFile(path+".new", []byte(text), 0o700), //nolint:gosec // plugins are run
		os.Rename(path+".new", path),
	)
}

// start starts the gateway and waits until it and its plugins are ready.
func (g *Gateway) start(ctx context.Context) (err error) {
	if g.process, err = run(filepath.Join(g.bin, "switchhook"), g.dir, []string{"TMPDIR=" + g.dir}, "serve", "--config", "switchhook.yaml"); err != nil {
		return err
	}
	err = g.process.await(ctx, "the gateway is ready", func() bool {
		for line := range strings.Lines(g.process.log.text()) {
			var record struct {
				Msg    string `json:"msg"`
				Listen string `json:"listen"`
				Admin  string `json:"admin"`
			}
			if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "ready" {
				g.listen, g.Admin = record.Listen, record.Admin
				return true
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	return g.process.await(ctx, "the plugins are ready", func() bool {
		all, err := g.Plugins(ctx)
		for _, p := range all {
			if slices.ContainsFunc(p.Replicas, func(r Replica) bool { return r.State != "ready" }) {
				return false
			}
		}
		return err == nil && len(all) == g.plugins
	})
}

func (g *Gateway) close() error {
	if g == nil {
		return nil
	}
	g.client.CloseIdleConnections()
	return g.process.close()
}

// Log returns the end of what the gateway has logged.
func (g *Gateway) Log() string { return g.process.log.end() }
