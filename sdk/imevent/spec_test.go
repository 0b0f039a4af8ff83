package imevent_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// fact is what Tencent's pages say about a command. testdata/catalogue.json was
// taken from a reading of the pages, not from the table, so that a row that
// changes by mistake is seen.
type fact struct {
	Command      string   `json:"command"`
	Title        string   `json:"title"`
	Doc          string   `json:"doc"`
	Family       string   `json:"family"`
	Product      string   `json:"product"`
	Phase        string   `json:"phase"`
	Batch        bool     `json:"batch,omitempty"`
	NameOnly     bool     `json:"name_only,omitempty"`
	Codes        []int    `json:"codes,omitempty"`
	Drop         bool     `json:"drop,omitempty"`
	OnFailure    string   `json:"on_failure,omitempty"`
	ClientCode   int      `json:"client_code,omitempty"`
	ReplyKeys    []string `json:"reply_keys,omitempty"`
	RequiredKeys []string `json:"required_keys,omitempty"`
}

func facts(t *testing.T) []fact {
	t.Helper()
	text, err := os.ReadFile("testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []fact
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func factOf(c *imevent.Contract) fact {
	f := fact{
		Command: c.Command, Title: c.Title, Doc: c.Doc, Family: c.Family, Product: c.Product.String(),
		Phase: c.Phase.String(), Batch: c.Batch, NameOnly: c.NameOnly, Drop: c.Drop, ClientCode: c.ClientCode,
		ReplyKeys: c.ReplyKeys, RequiredKeys: c.RequiredKeys,
	}
	if c.Codes != (imevent.CodeRange{}) {
		f.Codes = []int{c.Codes.Lowest, c.Codes.Highest}
	}
	if c.Phase == imevent.Before {
		f.OnFailure = c.OnFailure.String()
	}
	return f
}

func TestEveryRowSaysWhatItsPageSays(t *testing.T) {
	t.Parallel()
	all := facts(t)
	if len(all) != 81 {
		t.Fatalf("%d facts, want 81", len(all))
	}
	for _, want := range all {
		t.Run(want.Command, func(t *testing.T) {
			t.Parallel()
			c, ok := imevent.Spec(want.Command)
			if !ok {
				t.Fatal("no row")
			}
			if diff := cmp.Diff(want, factOf(c)); diff != "" {
				t.Errorf("row differs from its page (-page +row):\n%s", diff)
			}
			wantReads := want.Phase == "before" || want.Command == "Chatbot.OnC2CSignalMessage"
			if c.ReadsReply != wantReads {
				t.Errorf("ReadsReply = %v, want %v", c.ReadsReply, wantReads)
			}
		})
	}
}

func TestSpecsAreAllRowsInOrder(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, f := range facts(t) {
		want = append(want, f.Command)
	}
	specs := imevent.Specs()
	for i := range specs {
		got = append(got, specs[i].Command)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSpecAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	allocs := testing.AllocsPerRun(100, func() {
		if _, ok := imevent.Spec("Group.CallbackBeforeSendMsg"); !ok {
			t.Error("no row")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

func TestAnUnlistedCommandFollowsItsName(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]imevent.Phase{
		"Group.CallbackBeforeSomethingNew": imevent.Before,
		"Sns.CallbackPrevSomethingNew":     imevent.Before,
		"Group.CallbackAfterSomethingNew":  imevent.After,
		"New.Event":                        imevent.After,
		"nonsense":                         imevent.After,
		"":                                 imevent.After,
		"Sns.CallbackPrevFriendAdd":        imevent.Before,
		"State.StateChange":                imevent.After,
	} {
		if got := imevent.PhaseOf(command); got != want {
			t.Errorf("PhaseOf(%q) = %v, want %v", command, got, want)
		}
	}
}

func TestAnUnlistedCommandIsHeldToTheReplysFormAlone(t *testing.T) {
	t.Parallel()
	for _, phase := range []imevent.Phase{imevent.Before, imevent.After} {
		c := imevent.Unlisted(phase)
		if c.Phase != phase {
			t.Errorf("phase %v, want %v", c.Phase, phase)
		}
		fine := sdk.Reply{Code: 70001, Extra: json.RawMessage(`{"Anything":1}`)}
		if err := c.Check(sdk.Callback{}, fine); err != nil {
			t.Errorf("%v: %v", phase, err)
		}
		for _, extra := range []string{`[]`, `{`, `{"errorcode":1}`, `{"A":1,"A":2}`} {
			if c.Check(sdk.Callback{}, sdk.Reply{Extra: json.RawMessage(extra)}) == nil {
				t.Errorf("%v: extra keys %s passed", phase, extra)
			}
		}
	}
	refusal := imevent.Unlisted(imevent.Before).Refuse(sdk.Callback{})
	if refused, _ := imevent.Unlisted(imevent.Before).Refuses(sdk.Callback{}, refusal); refusal.Code != 1 || !refused {
		t.Errorf("refusal %+v, refused %v", refusal, refused)
	}
}

// sample returns a callback with the sample body of command.
func sample(tb testing.TB, command string) sdk.Callback {
	tb.Helper()
	body, ok := samples.Request(command)
	if !ok && command != "Live.CallbackBeforeCallBackNotBlock" {
		tb.Fatalf("no sample of %s", command)
	}
	return sdk.Callback{AppID: "1400000001", Command: command, Body: body}
}

func spec(tb testing.TB, command string) *imevent.Contract {
	tb.Helper()
	c, ok := imevent.Spec(command)
	if !ok {
		tb.Fatalf("no row for %s", command)
	}
	return c
}
