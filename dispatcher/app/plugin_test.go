package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// roleKey names the plugin that this binary is to be.
const roleKey = "SWITCHHOOK_APP_TEST_ROLE"

const (
	gesture  = "C2C.CallbackBeforeSendMsg" // a second decision
	greeting = "Sns.CallbackFriendAdd"     // a second event
	shake    = "Sns.CallbackFriendDelete"  // a third
)

// order is what a test's body tells a test plugin to do.
type order struct {
	CallbackCommand string
	Do              string `json:",omitempty"`
	Text            string `json:",omitempty"`
}

// playPlugin is the main function of every test plugin.
func playPlugin(role string) {
	switch role {
	case "obedient": // does what the body says
		obedient("obedient", decision, gesture, greeting).Run()
	case "obedient 2": // claims one more
		obedient("obedient", decision, gesture, greeting, shake).version("2.0.0").Run()
	case "obedient 3": // claims one less
		obedient("obedient", gesture, greeting).version("3.0.0").Run()
	case "steady": // the same for another command
		obedient("steady", event).Run()
	case "steady alone": // cannot stand another process of itself
		alone := obedient("steady", event)
		alone.Instances = serve.Exclusive
		alone.Run()
	case "liar": // measures whatever it is told to
		liar().Run()
	case "fragile": // comes up unless its settings forbid
		fragile().Run()
	case "telltale": // says what it was told
		telltale().Run()
	case "prints":
		fmt.Println("connecting to the database") //nolint:forbidigo // that is the mistake
		forever()
	case "plaintext":
		_ = os.Unsetenv("PLUGIN_CLIENT_CERT")
		babble()
	case "babbling":
		babble()
	case "plain": // has no stream, and tells the trace
		serveRaw(&plain{})
	}
}

// authored is a plugin as authors write them.
type authored struct{ serve.Plugin }

func (a authored) version(v string) authored {
	a.Version = v
	return a
}

// obedient does what the body says.
func obedient(name string, commands ...string) authored {
	var mux sdk.Mux
	var env serve.Env
	handler := sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		var o order
		if err := json.Unmarshal(cb.Body, &o); err != nil {
			return sdk.Reply{}, sdk.Malformed(err)
		}
		if o.Do == "tell the trace" { // the gateway's answer is a place to look, and of an event the log
			env.Logger.InfoContext(ctx, "traced", "id", cb.ID, "traceparent", cb.Traceparent)
			return o.told(cb), nil
		}
		if o.Do != "" {
			env.Logger.InfoContext(ctx, "obeying", "order", o.Do)
		}
		return o.obey(ctx, env.DataDir)
	})
	for _, command := range commands {
		mux.HandleAny(command, handler)
	}
	return authored{serve.Plugin{Name: name, Version: "1.0.0", Mux: &mux, Start: func(_ context.Context, e serve.Env) error {
		env = e
		return nil
	}}}
}

// told refuses a decision with the traceparent for a text.
func (o order) told(cb sdk.Callback) sdk.Reply {
	if cb.Command == decision || cb.Command == gesture {
		return sdk.Reply{Code: 10100, Info: "traceparent=" + cb.Traceparent}
	}
	return sdk.Reply{}
}

func (o order) obey(ctx context.Context, dataDir string) (sdk.Reply, error) {
	switch o.Do {
	case "refuse":
		return sdk.Reply{Code: 10100, Info: "refused"}, nil
	case "say how long":
		text := "seconds"
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) > time.Minute {
			text = "minutes"
		}
		return sdk.Reply{Code: 10100, Info: text}, nil
	case "answer an illegal code":
		return sdk.Reply{Code: 99}, nil
	case "fail":
		return sdk.Reply{}, errors.New("told to fail")
	case "panic":
		panic("told to panic")
	case "exit":
		os.Exit(3)
	case "hang": // and heed nobody
		forever()
	case "wait": // for a file of that name
		return sdk.Reply{}, awaitFile(ctx, filepath.Join(dataDir, "go"))
	}
	return sdk.Reply{}, nil
}

func awaitFile(ctx context.Context, path string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func forever() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	<-signals
}

// fragile is a plugin whose settings may keep it from coming up.
func fragile() authored {
	var settings struct {
		Fail   bool   `json:"fail"`
		Secret string `json:"secret" secret:"true"`
	}
	var dir string
	p := obedient("fragile", shake)
	p.Config = &settings
	p.Start = func(_ context.Context, env serve.Env) error {
		if settings.Fail {
			return errors.New("the model file is missing")
		}
		dir = env.DataDir
		return nil
	}
	p.Health = func(context.Context) error {
		if _, err := os.Stat(filepath.Join(dir, "ill")); err == nil {
			return errors.New("the model file is corrupt")
		}
		return nil
	}
	return p
}

// babble serves without the SDK, in plain calls, and answers what the protocol
// does not know: no result for a decision, extra keys that are no JSON for an
// event.
func babble() { serveRaw(&babbler{}) }

func serveRaw(p plugin.Plugin) {
	_ = os.Setenv(wire.CookieKey, wire.CookieValue)
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake(), Logger: hclog.NewNullLogger(),
		Plugins: plugin.PluginSet{wire.PluginKey: p}, GRPCServer: plugin.DefaultGRPCServer,
	})
}

type babbler struct {
	plugin.NetRPCUnsupportedPlugin
	wirepb.UnimplementedPluginServiceServer
}

func (b *babbler) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wirepb.RegisterPluginServiceServer(s, b)
	return nil
}

func (*babbler) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is the plugin's end")
}

func (*babbler) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	return &wirepb.DescribeResponse{Name: "babbler", Version: "0.0.1", Language: "none", Claims: []*wirepb.Claim{
		{Pattern: decision}, {Pattern: event},
	}}, nil
}

func (*babbler) Configure(context.Context, *wirepb.ConfigureRequest) (*wirepb.ConfigureResponse, error) {
	return &wirepb.ConfigureResponse{}, nil
}

func (*babbler) Handle(_ context.Context, r *wirepb.HandleRequest) (*wirepb.HandleResponse, error) {
	if r.GetCommand() == event {
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, Extra: []byte("]nonsense[")}, nil
	}
	return &wirepb.HandleResponse{}, nil
}
