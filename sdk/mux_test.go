package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
)

// named answers every callback with its own name, so that a test sees who did.
func named(name string) sdk.Handler {
	return sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{Info: name}, nil
	})
}

func TestTheMostSpecificBindingGetsTheCallback(t *testing.T) {
	t.Parallel()
	var mux sdk.Mux
	mux.HandleAny("*", named("any"))
	mux.HandleAny("Group.*", named("family"))
	mux.HandleAny("Group.CallbackAfterSendMsg", named("exact"))
	for command, want := range map[string]string{
		"Group.CallbackAfterSendMsg": "exact",
		"Group.CallbackAfterOther":   "family",
		"Group.":                     "family",
		"GroupX.CallbackAfterOther":  "any",
		"C2C.CallbackAfterSendMsg":   "any",
		"Group":                      "any",
		"":                           "any",
	} {
		reply, err := mux.Handle(t.Context(), sdk.Callback{Command: command})
		if err != nil || reply.Info != want {
			t.Errorf("%q went to %q, %v; want %q", command, reply.Info, err, want)
		}
	}
}

func TestACommandWithoutBindingIsUnsupported(t *testing.T) {
	t.Parallel()
	var mux sdk.Mux
	mux.HandleAny("Sns.*", named("sns"))
	reply, err := mux.Handle(t.Context(), sdk.Callback{Command: "Group.CallbackAfterSendMsg"})
	if sdk.KindOf(err) != sdk.KindUnsupported {
		t.Errorf("kind %v of %v", sdk.KindOf(err), err)
	}
	if diff := cmp.Diff(sdk.Reply{}, reply); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(err.Error(), "Group.CallbackAfterSendMsg") {
		t.Errorf("%q does not name the command", err)
	}
}

func TestBindingTwiceOrNothingPanics(t *testing.T) {
	t.Parallel()
	command := sdk.NewCommand[struct{}, sdk.Ack]("Sns.CallbackX")
	handle := func(context.Context, sdk.Callback, struct{}) (sdk.Ack, error) { return sdk.Ack{}, nil }
	for name, bind := range map[string]func(*sdk.Mux){
		"the same command":   func(m *sdk.Mux) { sdk.On(m, command, handle); sdk.On(m, command, handle) },
		"the same family":    func(m *sdk.Mux) { m.HandleAny("Sns.*", named("a")); m.HandleAny("Sns.*", named("b")) },
		"everything twice":   func(m *sdk.Mux) { m.HandleAny("*", named("a")); m.HandleAny("*", named("b")) },
		"an empty pattern":   func(m *sdk.Mux) { m.HandleAny("", named("a")) },
		"typed and untyped":  func(m *sdk.Mux) { sdk.On(m, command, handle); m.HandleAny(command.Name(), named("a")) },
		"a nameless command": func(m *sdk.Mux) { sdk.On(m, sdk.NewCommand[struct{}, sdk.Ack](""), handle) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			var mux sdk.Mux
			bind(&mux)
		})
	}
}

func TestClaimsAreWhatWasBoundInOrder(t *testing.T) {
	t.Parallel()
	var mux sdk.Mux
	sdk.On(&mux, sdk.NewCommand[struct{}, sdk.Ack]("Sns.CallbackX"),
		func(context.Context, sdk.Callback, struct{}) (sdk.Ack, error) { return sdk.Ack{}, nil }).Idempotent = true
	mux.HandleAny("Group.*", named("group")).Rewrites = true
	want := []sdk.Claim{{Pattern: "Sns.CallbackX", Idempotent: true}, {Pattern: "Group.*", Rewrites: true}}
	got := mux.Claims()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got[0].Pattern = "changed"
	if mux.Claims()[0].Pattern == "changed" {
		t.Error("a caller changed the mux")
	}
}

func TestAnEmptyMuxClaimsNothing(t *testing.T) {
	t.Parallel()
	var mux sdk.Mux
	if claims := mux.Claims(); len(claims) != 0 {
		t.Errorf("claims %v", claims)
	}
	if _, err := mux.Handle(t.Context(), sdk.Callback{Command: "X.Y"}); sdk.KindOf(err) != sdk.KindUnsupported {
		t.Errorf("%v", err)
	}
}

// verdict is an answer that can fail.
type verdict struct {
	code int
	err  error
}

func (v verdict) Reply() (sdk.Reply, error) { return sdk.Reply{Code: v.code}, v.err }

func TestOnTurnsABodyIntoAnEventAndAnAnswerIntoAReply(t *testing.T) {
	t.Parallel()
	type event struct{ Name string }
	errStore, errCode := errors.New("store is full"), errors.New("code 7 has no meaning")
	command := sdk.NewCommand[event, verdict]("X.CallbackBeforeY")
	for name, tt := range map[string]struct {
		body   string
		answer verdict
		err    error
		want   sdk.Reply
		kind   sdk.FaultKind
		fails  bool
	}{
		"an answer":              {body: `{"Name":"a"}`, answer: verdict{code: 1}, want: sdk.Reply{Code: 1}},
		"a body of another form": {body: `{"Name":1}`, kind: sdk.KindMalformed, fails: true},
		"no JSON":                {body: `hello`, kind: sdk.KindMalformed, fails: true},
		"an error":               {body: `{}`, err: errStore, kind: sdk.KindFailed, fails: true},
		"a fault":                {body: `{}`, err: sdk.Permanent(errStore), kind: sdk.KindPermanent, fails: true},
		"an impossible answer":   {body: `{}`, answer: verdict{err: errCode}, kind: sdk.KindBadReply, fails: true},
		"both answer and error":  {body: `{}`, answer: verdict{code: 1}, err: errStore, kind: sdk.KindFailed, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mux sdk.Mux
			sdk.On(&mux, command, func(_ context.Context, cb sdk.Callback, ev event) (verdict, error) {
				if ev.Name != "" && ev.Name != "a" {
					t.Errorf("event %+v of %s", ev, cb.Body)
				}
				return tt.answer, tt.err
			})
			reply, err := mux.Handle(t.Context(), sdk.Callback{Command: command.Name(), Body: []byte(tt.body)})
			if diff := cmp.Diff(tt.want, reply); diff != "" {
				t.Error(diff)
			}
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			if tt.fails && sdk.KindOf(err) != tt.kind {
				t.Errorf("kind %v of %v, want %v", sdk.KindOf(err), err, tt.kind)
			}
			if tt.err != nil && !errors.Is(err, errStore) {
				t.Errorf("%v lost its cause", err)
			}
		})
	}
}

func TestAMalformedBodyNamesItsCommand(t *testing.T) {
	t.Parallel()
	_, err := sdk.NewCommand[map[string]json.RawMessage, sdk.Ack]("X.Y").Decode([]byte(`[]`))
	var cause *json.UnmarshalTypeError
	if !strings.Contains(err.Error(), "decode X.Y") || !errors.As(err, &cause) {
		t.Errorf("%v", err)
	}
}
