package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

const (
	schema     = `{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}`
	unknownKey = `"ConformanceUnknownKey":{`
)

var claimed = claim()

// claim is the command that the plugin claims: one with a list, a group or a type
// in its body where its mood needs that.
func claim() string {
	switch mood {
	case "measures by group", "measures by time":
		return "Group.CallbackAfterGroupFull"
	case "measures by member of a list":
		return "Follow.CallbackAfterFollowDelete"
	case "measures by kind":
		return "Group.CallbackAfterCreateGroup"
	default:
		return "Sns.CallbackBlackListAdd"
	}
}

// plugin serves the protocol, in its mood.
type plugin struct {
	wirepb.UnimplementedPluginServiceServer

	configured, draining atomic.Bool
	calls, running       atomic.Int64
	stuck                sync.Mutex
	counters             counters
}

func (p *plugin) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	d := &wirepb.DescribeResponse{
		Name: "bad", Version: "1", Language: "go", ConfigSchema: []byte(schema), Capabilities: []string{"drain"},
		Claims: []*wirepb.Claim{{Pattern: claimed}},
	}
	switch mood {
	case "has no name":
		d.Name = ""
	case "claims nothing":
		d.Claims = nil
	case "claims nonsense":
		d.Claims[0].Pattern = "Sns*"
	case "has a broken schema":
		d.ConfigSchema = []byte(`{"type": 5}`)
	case "has no schema":
		d.ConfigSchema = nil
	case "has an open schema":
		d.ConfigSchema = []byte(`{"type": "object"}`)
	case "quotes its secrets":
		d.ConfigSchema = []byte(`{"type": "object", "additionalProperties": false, "$defs": {"key": {"type": "string", "writeOnly": true}},
			"properties": {"a": {"$ref": "#/$defs/key"}, "keys": {"type": "array", "items": {"writeOnly": true}}, "host": {"type": "string"}}}`)
	case "claims everything", "claims everything and never answers":
		d.Claims[0].Pattern = "*"
	case "claims much":
		for range 80 {
			d.Claims = append(d.Claims, &wirepb.Claim{Pattern: "Group.*"})
		}
	case "says nothing before Configure":
		if !p.configured.Load() {
			return nil, status.Error(codes.FailedPrecondition, "not configured")
		}
	}
	if strings.Contains(mood, "measures") {
		d.Capabilities = append(d.Capabilities, "metrics")
	}
	if strings.Contains(mood, "stream") {
		d.Capabilities = append(d.Capabilities, "stream")
	}
	return d, nil
}

func (p *plugin) Configure(_ context.Context, m *wirepb.ConfigureRequest) (*wirepb.ConfigureResponse, error) {
	var config map[string]json.RawMessage
	err := json.Unmarshal(m.GetConfig(), &config)
	if _, known := config["a"]; err == nil && len(config) > 0 && !known && mood != "has an open schema" && mood != "takes unknown keys" {
		err = errors.New("unknown key")
	}
	if mood == "takes what is no JSON" && !json.Valid(m.GetConfig()) {
		err = nil
	}
	if err != nil && mood == "answers settings with gRPC errors" {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if err != nil {
		return &wirepb.ConfigureResponse{Error: err.Error()}, nil
	}
	if m.GetDryRun() {
		return &wirepb.ConfigureResponse{}, nil
	}
	switch mood {
	case "quotes its secrets":
		return &wirepb.ConfigureResponse{Error: fmt.Sprintf("%s does not take %s and %s", config["host"], config["a"], config["keys"])}, nil
	case "refuses to be configured":
		return &wirepb.ConfigureResponse{Error: "a: at least one is needed"}, nil
	case "fails to start":
		return &wirepb.ConfigureResponse{Error: "start: no database"}, nil
	case "dies of its settings":
		panic("no settings")
	}
	p.configured.Store(true)
	return &wirepb.ConfigureResponse{}, nil
}

func (p *plugin) Handle(ctx context.Context, m *wirepb.HandleRequest) (*wirepb.HandleResponse, error) {
	p.running.Add(1)
	defer p.running.Add(-1)
	if err := p.stray(ctx, m); err != nil {
		return nil, err
	}
	p.stuck.Lock() // held for ever in some moods
	p.stuck.Unlock()
	return p.answer(m), nil
}

// stray does what a plugin must not do, and returns a gRPC error that it must not
// send.
func (p *plugin) stray(ctx context.Context, m *wirepb.HandleRequest) error {
	body := m.GetBody()
	switch odd := !json.Valid(body); {
	case mood == "panics on odd bodies" && odd:
		panic(fmt.Sprintf("cannot read %d bytes", len(body)))
	case mood == "claims everything and never answers", mood == "hangs on odd bodies" && odd:
		p.stuck.Lock()
	case mood == "answers odd bodies with gRPC errors" && odd:
		return status.Error(codes.Internal, "cannot read")
	case mood == "dies of big bodies" && len(body) > 4<<20:
		os.Exit(9)
	case mood == "hangs when the time is over" && m.GetTimeoutNanos() > 0 && time.Duration(m.GetTimeoutNanos()) < time.Second:
		p.stuck.TryLock()
	case mood == "hangs when cancelled" && m.GetTimeoutNanos() == 0:
		select {
		case <-ctx.Done():
			p.stuck.TryLock()
		case <-time.After(50 * time.Millisecond):
		}
	case mood == "takes a hundred at once":
		time.Sleep(20 * time.Millisecond)
		if p.running.Load() > 100 {
			return status.Error(codes.Unavailable, "busy")
		}
	case mood == "prints on standard output":
		fmt.Println("handled", m.GetCommand())
	case mood == "refuses all when many come":
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// answer makes the answer, an illegal one in some moods.
func (p *plugin) answer(m *wirepb.HandleRequest) *wirepb.HandleResponse {
	first := p.calls.Add(1) == 1
	p.count(m)
	ok := &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED}
	switch {
	case p.draining.Load() && mood != "goes on after Drain":
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_OVERLOADED}
	case mood == "claims everything" && m.GetCommand() != "Chatbot.OnC2CSignalMessage":
		return ok
	case m.GetCommand() != claimed && mood != "handles what it does not claim":
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_UNSUPPORTED, ErrorInfo: "not mine"}
	case mood == "answers with a verdict on the past" && first:
		ok.ErrorCode = 1
	case mood == "answers with broken extra" && first:
		ok.Extra = []byte(`[]`)
	case mood == "answers without a result" && first:
		ok.Result = wirepb.Result_RESULT_UNSPECIFIED
	case mood == "has its answer refused by its SDK" && first:
		return &wirepb.HandleResponse{ErrorInfo: "answer Sns.CallbackBlackListAdd: code 1"}
	case mood == "fails on the sample" && first:
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_FAILED, ErrorInfo: "no database"}
	case mood == "refuses unknown keys" && bytes.Contains(m.GetBody(), []byte(unknownKey)):
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_MALFORMED, ErrorInfo: "unknown key"}
	case mood == "refuses all when many come" && p.running.Load() > 100:
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_FAILED}
	case mood == "quotes odd bodies" && !json.Valid(m.GetBody()):
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_MALFORMED, ErrorInfo: fmt.Sprintf("cannot read %.40q", m.GetBody())}
	case !json.Valid(m.GetBody()):
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_MALFORMED, ErrorInfo: "no JSON"}
	}
	return ok
}

func (p *plugin) Drain(ctx context.Context, _ *wirepb.DrainRequest) (*wirepb.DrainResponse, error) {
	switch mood {
	case "never drains":
		<-ctx.Done()
	case "drains and says that calls remain":
		return &wirepb.DrainResponse{Remaining: 3}, nil
	}
	p.draining.Store(true)
	return &wirepb.DrainResponse{}, nil
}
