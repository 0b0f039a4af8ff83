package serve_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// process is a plugin process and the gateway's end of its link.
type process struct {
	cmd    *exec.Cmd
	host   *plugin.Client
	client *wire.Client
	stderr *record
}

// record keeps what is written to it and says when a text has come.
type record struct {
	mu      sync.Mutex
	text    bytes.Buffer
	arrived chan struct{}
}

func newRecord() *record { return &record{arrived: make(chan struct{}, 1)} }

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.arrived <- struct{}{}:
	default:
	}
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *record) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Reset()
}

// await waits until the record contains text.
func (r *record) await(t *testing.T, text string) {
	t.Helper()
	patience := time.After(time.Minute)
	for !strings.Contains(r.String(), text) {
		select {
		case <-r.arrived:
		case <-patience:
			t.Fatalf("%q never came; the log is:\n%s", text, r)
		}
	}
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// launch starts the test binary as a plugin, by go-plugin, as the gateway does.
func launch(t *testing.T, mtls bool) *process {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self(t)), stderr: newRecord()}
	p.cmd.Env = []string{roleKey + "=plugin", "PLUGIN_UNIX_SOCKET_DIR=" + dir}
	p.host = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		Plugins:          plugin.PluginSet{wire.PluginKey: &wire.Plugin{Options: wire.ClientOptions{Logger: slog.New(slog.DiscardHandler)}}},
		Cmd:              p.cmd,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         mtls,
		SkipHostEnv:      true,
		GRPCDialOptions:  wire.DialOptions(),
		Logger:           hclog.NewNullLogger(),
		Stderr:           p.stderr,
	})
	t.Cleanup(func() {
		p.host.Kill()
		_ = os.RemoveAll(dir)
	})
	protocol, err := p.host.Client()
	if err != nil {
		t.Fatalf("start plugin: %v\n%s", err, p.stderr)
	}
	raw, err := protocol.Dispense(wire.PluginKey)
	if err != nil {
		t.Fatal(err)
	}
	p.client = raw.(*wire.Client)
	t.Cleanup(func() { _ = p.client.Close() })
	return p
}

// ready launches a plugin, configures it and opens its streams.
func ready(t *testing.T, config string) *process {
	t.Helper()
	p := launch(t, false)
	p.configure(t, config)
	if err := p.client.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) configure(t *testing.T, config string) {
	t.Helper()
	err := p.client.Configure(t.Context(), wire.Configuration{
		Config: json.RawMessage(config), DataDir: "/nowhere", PluginName: "renamed", Replica: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func call(command string) sdk.Callback { return sdk.Callback{ID: "id-1", Command: command, AppID: "1"} }
