package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// pairEvent is what an author writes for a command that Tencent has just
// invented; package imevent has a type for all the others.
type pairEvent struct {
	From string `json:"From_Account"`
}

func Example() {
	var mux sdk.Mux
	invented := sdk.NewCommand[pairEvent, sdk.Ack]("Sns.CallbackSomethingNew")
	sdk.On(&mux, invented, func(_ context.Context, cb sdk.Callback, ev pairEvent) (sdk.Ack, error) {
		fmt.Println(ev.From, "of app", cb.AppID)
		return sdk.Ack{}, nil
	})
	reply, err := mux.Handle(context.Background(), sdk.Callback{
		Command: "Sns.CallbackSomethingNew", AppID: "1400000001", Body: []byte(`{"From_Account":"alice"}`),
	})
	fmt.Println(reply.Code, err)
	// Output:
	// alice of app 1400000001
	// 0 <nil>
}

func ExampleCallback() {
	cb := sdk.Callback{
		ID: "01936f5e-0000-7000-8000-000000000000", Command: "Sns.CallbackBlackListAdd", AppID: "1400000001",
		Platform: "RESTAPI", Attempt: 2, Redelivered: true, Body: []byte(`{"PairList":[]}`),
	}
	if cb.Redelivered {
		fmt.Println("perhaps seen before:", cb.Command, "of app", cb.AppID)
	}
	// Output: perhaps seen before: Sns.CallbackBlackListAdd of app 1400000001
}

func ExamplePurpose() {
	cb := sdk.Callback{Purpose: sdk.DryRun}
	if cb.Purpose == sdk.DryRun {
		fmt.Println("change nothing")
	}
	// Output: change nothing
}

func ExamplePurpose_String() {
	fmt.Println(sdk.Live, sdk.Replay, sdk.DryRun)
	// Output: live replay dry_run
}

func ExampleClaim() {
	var mux sdk.Mux
	claim := mux.HandleAny("Group.*", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{}, nil
	}))
	claim.Idempotent = true
	claim.Timeout = 300 * time.Millisecond
	fmt.Printf("%+v\n", mux.Claims()[0])
	// Output: {Pattern:Group.* Idempotent:true Rewrites:false Decides:false Timeout:300ms}
}

func ExampleClaim_Specificity() {
	exact, family := sdk.Claim{Pattern: "Sns.CallbackFriendAdd"}, sdk.Claim{Pattern: "Sns.*"}
	fmt.Println(exact.Specificity() == sdk.SpecificityExact, exact.Specificity() > family.Specificity())
	// Output: true true
}

func ExampleClaim_Matches() {
	claim := sdk.Claim{Pattern: "Sns.*"}
	fmt.Println(claim.Matches("Sns.CallbackFriendAdd"), claim.Matches("Group.CallbackAfterSendMsg"))
	// Output: true false
}

func ExampleCommand() {
	command := sdk.NewCommand[pairEvent, sdk.Ack]("Sns.CallbackSomethingNew")
	fmt.Println(command.Name())
	// Output: Sns.CallbackSomethingNew
}

func ExampleNewCommand() {
	// A verdict on an after-command does not compile: its answer is an Ack.
	command := sdk.NewCommand[pairEvent, sdk.Ack]("Sns.CallbackSomethingNew")
	fmt.Println(command.Name())
	// Output: Sns.CallbackSomethingNew
}

func ExampleCommand_DecodedBy() {
	command := sdk.NewCommand[string, sdk.Ack]("X.Y").DecodedBy(func(body []byte, into *string) error {
		*into = fmt.Sprintf("%d bytes", len(body))
		return nil
	})
	ev, err := command.Decode([]byte(`{}`))
	fmt.Println(ev, err)
	// Output: 2 bytes <nil>
}

func ExampleCommand_Name() {
	fmt.Println(sdk.NewCommand[pairEvent, sdk.Ack]("X.Y").Name())
	// Output: X.Y
}

func ExampleCommand_Decode() {
	command := sdk.NewCommand[pairEvent, sdk.Ack]("Sns.CallbackSomethingNew")
	ev, err := command.Decode([]byte(`{"From_Account":"alice"}`))
	fmt.Println(ev.From, err)
	_, err = command.Decode([]byte(`[]`))
	fmt.Println(sdk.KindOf(err))
	// Output:
	// alice <nil>
	// malformed
}

func ExampleFault() {
	err := fmt.Errorf("store pair: %w", sdk.RetryAfter(2*time.Second, errors.New("database is locked")))
	if fault, ok := errors.AsType[*sdk.Fault](err); ok {
		fmt.Println(fault.Kind, fault.RetryAfter)
	}
	// Output: failed 2s
}

func ExampleFault_Error() {
	fmt.Println((&sdk.Fault{Kind: sdk.KindUnavailable}).Error())
	fmt.Println((&sdk.Fault{Kind: sdk.KindUnavailable, Err: errors.New("process is gone")}).Error())
	// Output:
	// unavailable
	// process is gone
}

func ExampleFault_Unwrap() {
	cause := errors.New("database is locked")
	fmt.Println(errors.Is(sdk.Permanent(cause), cause))
	// Output: true
}

func ExampleFaultKind() {
	var kind sdk.FaultKind
	fmt.Println(kind == sdk.KindFailed)
	// Output: true
}

func ExampleFaultKind_String() {
	fmt.Println(sdk.KindBadReply.String())
	// Output: bad_reply
}

func ExampleFaultKind_Retryable() {
	fmt.Println(sdk.KindTimeout.Retryable(), sdk.KindMalformed.Retryable())
	// Output: true false
}

func ExamplePermanent() {
	fmt.Println(sdk.KindOf(sdk.Permanent(errors.New("account was deleted"))))
	// Output: permanent
}

func ExampleMalformed() {
	fmt.Println(sdk.KindOf(sdk.Malformed(errors.New("a pair without accounts"))))
	// Output: malformed
}

func ExampleOverloaded() {
	fmt.Println(sdk.KindOf(sdk.Overloaded(time.Second, errors.New("queue is full"))))
	// Output: overloaded
}

func ExampleRetryAfter() {
	err := sdk.RetryAfter(time.Second, errors.New("database is locked"))
	fmt.Println(sdk.KindOf(err).Retryable(), err)
	// Output: true database is locked
}

func ExampleKindOf() {
	fmt.Println(sdk.KindOf(errors.New("anything")), sdk.KindOf(context.DeadlineExceeded))
	// Output: failed timeout
}

func ExampleHandler() {
	var handler sdk.Handler = new(sdk.Mux)
	_, err := handler.Handle(context.Background(), sdk.Callback{Command: "State.StateChange"})
	fmt.Println(err)
	// Output: no handler for State.StateChange
}

func ExampleHandlerFunc() {
	var handler sdk.Handler = sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		fmt.Println(cb.Command)
		return sdk.Reply{}, nil
	})
	_, err := handler.Handle(context.Background(), sdk.Callback{Command: "State.StateChange"})
	fmt.Println(err)
	// Output:
	// State.StateChange
	// <nil>
}

func ExampleHandlerFunc_Handle() {
	refuse := sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{Code: 1}, nil })
	reply, err := refuse.Handle(context.Background(), sdk.Callback{})
	fmt.Println(reply.Code, err)
	// Output: 1 <nil>
}

func ExampleMux() {
	var mux sdk.Mux // ready for use
	fmt.Println(len(mux.Claims()))
	// Output: 0
}

func ExampleMux_Handle() {
	var mux sdk.Mux
	_, err := mux.Handle(context.Background(), sdk.Callback{Command: "State.StateChange"})
	fmt.Println(sdk.KindOf(err))
	// Output: unsupported
}

func ExampleMux_HandleAny() {
	var mux sdk.Mux
	mux.HandleAny("*", sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		fmt.Println("audit", cb.Command)
		return sdk.Reply{}, nil
	}))
	_, err := mux.Handle(context.Background(), sdk.Callback{Command: "State.StateChange"})
	fmt.Println(err)
	// Output:
	// audit State.StateChange
	// <nil>
}

func ExampleMux_Claims() {
	var mux sdk.Mux
	mux.HandleAny("State.*", new(sdk.Mux)).Idempotent = true
	fmt.Println(mux.Claims()[0].Pattern)
	// Output: State.*
}

func ExampleOn() {
	var mux sdk.Mux
	command := sdk.NewCommand[pairEvent, sdk.Ack]("Sns.CallbackSomethingNew")
	claim := sdk.On(&mux, command, func(_ context.Context, _ sdk.Callback, ev pairEvent) (sdk.Ack, error) {
		if ev.From == "" {
			return sdk.Ack{}, sdk.Malformed(errors.New("a pair without accounts"))
		}
		return sdk.Ack{}, nil
	})
	claim.Idempotent = true
	_, err := mux.Handle(context.Background(), sdk.Callback{Command: command.Name(), Body: []byte(`{}`)})
	fmt.Println(err)
	// Output: a pair without accounts
}

func ExampleReply() {
	reply := sdk.Reply{Code: 120001, Info: "mind your language"}
	fmt.Println(reply.Code, reply.Info)
	// Output: 120001 mind your language
}

func ExampleAnswer() {
	var answer sdk.Answer = sdk.Ack{}
	reply, err := answer.Reply()
	fmt.Println(reply.Code, err)
	// Output: 0 <nil>
}

func ExampleAck() {
	handle := func(context.Context, sdk.Callback, pairEvent) (sdk.Ack, error) { return sdk.Ack{}, nil }
	_, err := handle(context.Background(), sdk.Callback{}, pairEvent{})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleAck_Reply() {
	reply, err := sdk.Ack{}.Reply()
	fmt.Println(reply.Code, reply.Info == "", err)
	// Output: 0 true <nil>
}
