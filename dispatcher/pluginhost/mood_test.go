package pluginhost_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
)

// moodKey is set by the script that stands for a plugin; its value says how the
// plugin behaves.
const moodKey = "SWITCHHOOK_TEST_MOOD"

const testCommand = "Sns.CallbackBlackListAdd"

// runMood is the main function of every test plugin.
func runMood(mood string) {
	if strings.HasPrefix(mood, "sdk") {
		runSDKPlugin(mood)
	}
	os.Setenv(wire.CookieKey, wire.CookieValue) //nolint:errcheck // It is a key.
	switch mood {
	case "host":
		runHelperHost()
	case "hang":
		fmt.Fprintln(os.Stderr, "waiting for a database")
		waitForEver()
	case "prints":
		fmt.Println("connecting to the database ...") //nolint:forbidigo // That is the mistake.
		waitForEver()
	case "old protocol":
		fmt.Println("1|7|unix|/nowhere|grpc|") //nolint:forbidigo // A handshake.
		waitForEver()
	case "net/rpc":
		fmt.Println("1|1|unix|/nowhere|netrpc|") //nolint:forbidigo // A handshake.
		waitForEver()
	case "far away":
		fmt.Println("1|1|tcp|192.0.2.1:80|grpc|" + strings.Repeat("A", 60)) //nolint:forbidigo // A handshake.
		waitForEver()
	case "fails":
		fmt.Fprintln(os.Stderr, "cannot open the database: disk full")
		os.Exit(3)
	case "panics at start":
		panic("no configuration")
	case "foreign":
		servePlugin(mood, plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "OTHER_HOST", MagicCookieValue: "1"})
	default:
		servePlugin(mood, wire.Handshake())
	}
}

func waitForEver() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	<-signals
}

// facts is what a test plugin tells about itself in a reply.
type facts struct {
	PID     int      `json:"pid"`
	Env     []string `json:"env"`
	Args    []string `json:"args"`
	Dir     string   `json:"dir"`
	Exe     string   `json:"exe"`
	DataDir string   `json:"data_dir"`
	Name    string   `json:"name"`
	Config  string   `json:"config"`
	Blocked int64    `json:"blocked"`
	Child   int      `json:"child"`
	Group   int      `json:"group"`
	Files   uint64   `json:"files"`
	Core    uint64   `json:"core"`
	Checks  int64    `json:"checks"`
	Said    string   `json:"said"` // of an attempt
}

// body is what a test asks of a plugin.
type body struct {
	Do   string `json:"do"`
	Text string `json:"text,omitempty"`
}

// moody is the handler of a test plugin.
type moody struct {
	settings atomic.Pointer[wire.Configuration]
	blocked  atomic.Int64
	checks   atomic.Int64 // how often it was asked for its health
	child    int
}

func (m *moody) Handle(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	var b body
	if err := json.Unmarshal(cb.Body, &b); err != nil {
		return sdk.Reply{}, sdk.Malformed(err)
	}
	switch b.Do {
	case "block":
		m.blocked.Add(1)
		defer m.blocked.Add(-1)
		<-ctx.Done()
		return sdk.Reply{}, ctx.Err()
	case "wait for SIGUSR2":
		m.blocked.Add(1)
		defer m.blocked.Add(-1)
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGUSR2)
		<-signals
		return sdk.Reply{}, nil
	case "hang":
		fmt.Fprintln(os.Stderr, "hanging")
		waitForEver()
	case "exit":
		os.Exit(4)
	case "crash":
		panicked := make(chan struct{})
		go func() { panic("the cache is corrupt") }()
		<-panicked
	case "tell":
		m.tell()
	case "fail with the secret":
		return sdk.Reply{}, sdk.Permanent(errors.New("no login with " + m.token()))
	case "crash with the secret":
		panicked := make(chan struct{})
		go func() { panic("cannot log in with " + m.token()) }()
		<-panicked
	case "compute":
		for range math.MaxInt64 { // Processor time is all that it is for.
		}
	case "print and exit":
		syscall.Write(2, []byte(b.Text+"\n")) //nolint:errcheck // As a runtime does, past os.Stderr, which go-plugin has.
		os.Exit(2)
	case "print":
		fmt.Fprintln(os.Stderr, b.Text)
	case "stdout":
		syscall.Write(1, []byte(b.Text)) //nolint:errcheck // The host reads it or not.
	}
	f := m.facts()
	f.Said = attempt(b)
	extra, err := json.Marshal(f)
	return sdk.Reply{Extra: extra}, err
}

func (m *moody) facts() facts {
	f := facts{PID: os.Getpid(), Env: os.Environ(), Args: os.Args, Blocked: m.blocked.Load(), Child: m.child, Checks: m.checks.Load()}
	f.Dir, _ = os.Getwd()
	f.Exe, _ = os.Executable()
	f.Group = syscall.Getpgrp()
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		f.Files = limit.Max
	}
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		f.Core = limit.Max
	}
	if s := m.settings.Load(); s != nil {
		f.DataDir, f.Name, f.Config = s.DataDir, s.PluginName, string(s.Config)
	}
	return f
}

// servePlugin serves a plugin that works, but for its mood.
func servePlugin(mood string, handshake plugin.HandshakeConfig) {
	m := &moody{}
	service := wire.Service{
		Handler: m,
		Logger:  slog.New(slog.NewJSONHandler(os.Stderr, nil)),
		Description: wire.Description{
			Name: mood, Version: "1.2.3", SDKVersion: "test", Language: "go",
			Claims: []sdk.Claim{{Pattern: testCommand, Idempotent: true}},
		},
		Configure: func(ctx context.Context, c wire.Configuration) error { return m.configure(ctx, mood, c) },
	}
	serve := &plugin.ServeConfig{HandshakeConfig: handshake, Logger: hclog.NewNullLogger()}
	switch mood {
	case "plaintext":
		os.Unsetenv("PLUGIN_CLIENT_CERT") //nolint:errcheck // It is a key.
	case "own TLS":
		serve.TLSProvider = ownTLS
	case "examined":
		service.Health = m.examined
	case "measures":
		service.Metrics = m.measure
	case "unwell":
		service.Health = func(context.Context) error { return errors.New("the disk is full") }
	case "frail":
		service.Health = m.frail
	case "confides":
		service.Health = m.lament
		service.Description.ConfigSchema = json.RawMessage(confidingSchema)
	case "claims another":
		service.Description.Claims = []sdk.Claim{{Pattern: "C2C.CallbackAfterSendMsg"}}
	case "exclusive", "exclusive then slow":
		service.Description.Instances = wire.InstancesExclusive
	case "keeps files":
		service.Description.State = wire.StateLocal
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		m.child = startChild(false)
	case "parent":
		m.child = startChild(false)
	case "left behind":
		m.child = startChild(true)
	case "noisy":
		makeNoise()
	}
	server := wire.NewServer(service)
	serve.GRPCServer = server.NewGRPC
	serve.Plugins = plugin.PluginSet{wire.PluginKey: &wire.Plugin{Served: server}}
	plugin.Serve(serve)
}

// examined counts the health checks.
func (m *moody) examined(context.Context) error {
	m.checks.Add(1)
	return nil
}

// frail is unwell while its data directory holds a file that says why.
func (m *moody) frail(context.Context) error {
	s := m.settings.Load()
	if s == nil {
		return nil
	}
	why, err := os.ReadFile(filepath.Join(s.DataDir, "unwell"))
	if err != nil {
		return nil //nolint:nilerr // Nothing says that it is unwell.
	}
	return errors.New(string(why))
}

// configure takes the settings, as the mood has it.
func (m *moody) configure(ctx context.Context, mood string, c wire.Configuration) error {
	if mood == "confides" {
		return m.confide(c)
	}
	if c.DryRun {
		return nil
	}
	m.settings.Store(&c)
	switch mood {
	case "choosy":
		return errors.New("words: at least one is needed")
	case "slow to configure":
		<-ctx.Done()
		return ctx.Err()
	case "exclusive":
		return lockForEver(filepath.Join(c.DataDir, "lock"))
	case "exclusive then slow":
		return onceThenSlow(ctx, c.DataDir)
	case "configured to fail":
		if strings.Contains(string(c.Config), "fail") {
			return errors.New("told to fail")
		}
	}
	return nil
}

// lockForEver takes a lock that ends with the process, as a database does that
// allows one writer.
func lockForEver(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("another process has the data: %w", err)
	}
	held.Store(f)
	return nil
}

var held atomic.Pointer[os.File]

// onceThenSlow takes the lock, and does not get ready with it when it was there
// before.
func onceThenSlow(ctx context.Context, dir string) error {
	if err := lockForEver(filepath.Join(dir, "lock")); err != nil {
		return err
	}
	first, again := filepath.Join(dir, "first"), filepath.Join(dir, "again")
	if _, err := os.Stat(first); err != nil {
		return os.WriteFile(first, nil, 0o600)
	}
	if err := os.WriteFile(again, nil, 0o600); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// startChild starts a process that holds standard error and never ends.
func startChild(leaveGroup bool) int {
	cmd := exec.Command("sleep", "1000")
	cmd.Stderr = os.Stderr
	if leaveGroup {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd.Process.Pid
}

// makeNoise prints lines that have broken log parsers.
func makeNoise() {
	for _, line := range []string{
		`{"@level":30}`, `{"@message":123}`, `{"@timestamp":{}}`, `{"@level":{"a":1},"@message":["x"]}`,
		`{"level":null,"msg":null}`, `{"time":7,"level":"WARN","msg":"from slog","key":"value"}`,
		`{"@level":"error","@message":"from hclog","@timestamp":"yesterday"}`, `{`, `{}`, `[]`, "\xff\xfe", "\x00",
		`[ERROR] raw with a level`, strings.Repeat("x", 1<<20),
	} {
		fmt.Fprintln(os.Stderr, line)
	}
	out := bufio.NewWriter(os.Stderr)
	for i := range 20000 {
		fmt.Fprintln(out, "flood", i) //nolint:errcheck // Standard error.
	}
	fmt.Fprint(out, "an end without its line's end") //nolint:errcheck // Standard error.
	out.Flush()                                      //nolint:errcheck // Standard error.
}

// ownTLS makes a plugin insist on TLS of its own, which its handshake does not
// tell.
func ownTLS() (*tls.Config, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, nil
}

// runSDKPlugin is a plugin as authors write it; it prints where it must not.
func runSDKPlugin(mood string) {
	fmt.Println("printed before serving") //nolint:forbidigo // That is the mistake.
	m := &moody{}
	var mux sdk.Mux
	mux.HandleAny(testCommand, m)
	var dir string
	serve.Plugin{
		Name: "sdk", Version: "3.2.1", Mux: &mux, Health: m.examined,
		Start: func(ctx context.Context, env serve.Env) error {
			if mood == "sdk without its database" {
				return errors.New("no connection to the database")
			}
			dir = env.DataDir
			env.Logger.InfoContext(ctx, "opened", "dir", dir)
			slog.DebugContext(ctx, "looked closely")
			return nil
		},
		Close: func(context.Context) error {
			return os.WriteFile(filepath.Join(dir, "closed"), nil, 0o600)
		},
	}.Run()
}

// runHelperHost is a gateway of its own, for the tests that kill one. Its
// directories come as arguments; it prints its plugin's process id.
func runHelperHost() {
	args := os.Args[slices.Index(os.Args, "--")+1:]
	os.Unsetenv(moodKey) //nolint:errcheck // It is a key.
	o := pluginhost.Options{
		Dir: args[0], DataDir: args[1], RuntimeDir: args[2], Exec: []string{"/proc/self/exe", "exec-plugin"},
	}
	if len(args) > 3 {
		o.Plugins = []pluginhost.PluginConfig{isolated(pluginhost.Isolation{User: args[3]})}
	}
	h, err := pluginhost.New(o)
	if err == nil {
		err = h.Start(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(strconv.Itoa(h.Status()[0].PID)) //nolint:forbidigo // The answer.
	waitForEver()
}
