package imevent_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// proofs lists the commands whose bodies prove a single occurrence: the fields
// that must be there, and those that only have to differ.
var proofs = map[string]struct{ need, also []string }{
	"Bot.OnC2CMessage":                         {[]string{"From_Account", "To_Account", "MsgKey"}, []string{"SendMsgResult", "MsgTime", "EventTime", "MsgBody"}},
	"Bot.OnGroupMessage":                       {[]string{"GroupId", "MsgSeq", "MsgTime"}, []string{"TopicId", "From_Account", "Random", "EventTime", "AtRobots_Account", "MsgBody"}},
	"C2C.CallbackAfterC2CMsgExtension":         {[]string{"From_Account", "To_Account", "MsgKey", "Seq", "EventTime"}, []string{"OperateType", "ExtensionList"}},
	"C2C.CallbackAfterModifyMsg":               {[]string{"From_Account", "To_Account", "MsgKey", "EventTime"}, []string{"Operator_Account", "MsgBody", "CloudCustomData"}},
	"C2C.CallbackAfterMsgReadReceipt":          {[]string{"Operator_Account", "Peer_Account", "C2CMsgInfo", "EventTime"}, nil},
	"C2C.CallbackAfterMsgWithDraw":             {[]string{"From_Account", "To_Account", "MsgKey", "EventTime"}, nil},
	"C2C.CallbackAfterSendMsg":                 {[]string{"From_Account", "To_Account", "MsgKey"}, []string{"MsgId", "SendMsgResult", "MsgTime", "EventTime", "MsgBody"}},
	"Group.CallbackAfterGroupMsgExtension":     {[]string{"GroupId", "MsgSeq", "Seq", "EventTime"}, []string{"TopicId", "OperateType", "ExtensionList"}},
	"Group.CallbackAfterModifyMsg":             {[]string{"GroupId", "MsgSeq", "EventTime"}, []string{"TopicId", "Operator_Account", "MsgBody", "CloudCustomData"}},
	"Group.CallbackAfterReadReceipt":           {[]string{"GroupId", "GroupMsgReceiptList", "EventTime"}, []string{"TopicId"}},
	"Group.CallbackAfterRecallMsg":             {[]string{"GroupId", "MsgSeqList", "EventTime"}, []string{"TopicId", "Operator_Account"}},
	"Group.CallbackAfterSendMsg":               {[]string{"GroupId", "MsgSeq", "MsgTime"}, []string{"TopicId", "From_Account", "Random", "MsgId", "EventTime", "MsgBody"}},
	"Live.CallbackAfterCreateBattle":           {[]string{"BattleId", "EventTime"}, []string{"FromRoomId", "ToRoomIdList"}},
	"Live.CallbackAfterEndBattle":              {[]string{"BattleId", "EventTime"}, []string{"FromRoomInfo", "ToRoomList"}},
	"Live.CallbackAfterStartBattle":            {[]string{"BattleId", "EventTime"}, []string{"FromRoomInfo", "ToRoomList"}},
	"OfficialAccount.CallbackAfterMsgWithDraw": {[]string{"Official_Account", "WithdrawMsgList", "EventTime"}, nil},
	"OfficialAccount.CallbackAfterSendMsg":     {[]string{"Official_Account", "MsgKey"}, []string{"MsgTime", "EventTime"}},
}

func TestKeyProvesASingleOccurrenceOnlyWhereTheBodyNamesOne(t *testing.T) {
	t.Parallel()
	for _, command := range samples.Commands() {
		_, want := proofs[command]
		key, once := spec(t, command).Key(sample(t, command))
		if once != want {
			t.Errorf("%s: once = %v, want %v", command, once, want)
		}
		if !strings.HasPrefix(key, "1400000001/"+command+"/") {
			t.Errorf("%s: key %q is not scoped by app and command", command, key)
		}
		if once && spec(t, command).ReadsReply {
			t.Errorf("%s: each copy needs its answer", command)
		}
	}
}

// body is a JSON object whose fields can be changed one by one.
type body map[string]json.RawMessage

func sampleBody(t *testing.T, command string) body {
	t.Helper()
	var b body
	if err := json.Unmarshal(sample(t, command).Body, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// with returns the body with one field changed, or without it when value is "".
func (b body) with(field, value string) body {
	changed := maps.Clone(b)
	if value == "" {
		delete(changed, field)
	} else {
		changed[field] = json.RawMessage(value)
	}
	return changed
}

func (b body) key(t *testing.T, command string) (string, bool) {
	t.Helper()
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return spec(t, command).Key(sdk.Callback{AppID: "1400000001", Command: command, Body: text})
}

func TestKeyOfEachProof(t *testing.T) {
	t.Parallel()
	for command, fields := range proofs {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			original := sampleBody(t, command)
			key, once := original.key(t, command)
			if !once {
				t.Fatal("the sample proves nothing")
			}
			for _, field := range slices.Concat(fields.need, fields.also) {
				other, _ := original.with(field, different(original[field])).key(t, command)
				if other == key {
					t.Errorf("two events that differ in %s share a key", field)
				}
			}
			for _, field := range fields.need {
				for _, nothing := range []string{"", "null", `""`, "0", "[]", "{}", "[{}]", "true", `" "`, `"null"`, "-1", "0.0", "-0"} {
					if _, once := original.with(field, nothing).key(t, command); once {
						t.Errorf("proven although %s is %q", field, nothing)
					}
				}
			}
			same, once := original.with("UnreadMsgNum", "99").with("NewKey", `{"MsgKey":"x"}`).key(t, command)
			if same != key || !once {
				t.Error("a key that names nothing changed the occurrence")
			}
		})
	}
}

// different returns a value like value, but another one.
func different(value json.RawMessage) string {
	switch {
	case len(value) == 0:
		return `"something"`
	case value[0] == '"':
		return `"other ` + string(value[1:])
	case value[0] == '[' && len(value) > 2:
		inside := value[1 : len(value)-1]
		return "[" + string(inside) + "," + string(inside) + "]"
	case value[0] == '{':
		return `{"more":1,` + string(value[1:])
	default:
		return "1" + string(value)
	}
}

func TestNearTwinsNeverShareAProvenKey(t *testing.T) {
	t.Parallel()
	const edit, groupSent = "C2C.CallbackAfterModifyMsg", "Group.CallbackAfterSendMsg"
	for name, tt := range map[string]struct{ command, a, b string }{
		"two edits of one message": {
			edit,
			`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","EventTime":1769772027036}`,
			`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","EventTime":1769772027037}`,
		},
		"two edits in one millisecond": {
			edit,
			`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","EventTime":1769772027036,"MsgBody":[1]}`,
			`{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3","EventTime":1769772027036,"MsgBody":[2]}`,
		},
		"one sequence number in two topics": {
			groupSent,
			`{"GroupId":"g","TopicId":"t1","MsgSeq":7,"MsgTime":9}`,
			`{"GroupId":"g","TopicId":"t2","MsgSeq":7,"MsgTime":9}`,
		},
		"one sequence number in two groups": {groupSent, `{"GroupId":"g1","MsgSeq":7,"MsgTime":9}`, `{"GroupId":"g2","MsgSeq":7,"MsgTime":9}`},
		"fields that run into each other":   {groupSent, `{"GroupId":"g1","MsgSeq":11,"MsgTime":9}`, `{"GroupId":"g11","MsgSeq":1,"MsgTime":9}`},
		"a value against the next one":      {groupSent, `{"GroupId":"g","MsgSeq":7,"MsgTime":9,"TopicId":"x"}`, `{"GroupId":"g","MsgSeq":7,"MsgTime":9,"From_Account":"x"}`},
		"two groups of one name":            {groupSent, `{"GroupId":"g","MsgSeq":7,"MsgTime":9}`, `{"GroupId":"g","MsgSeq":7,"MsgTime":10}`},
		"one number for two messages":       {groupSent, `{"GroupId":"g","MsgSeq":7,"MsgTime":9,"MsgBody":[1]}`, `{"GroupId":"g","MsgSeq":7,"MsgTime":9,"MsgBody":[2]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := spec(t, tt.command)
			a, onceA := c.Key(sdk.Callback{AppID: "1", Command: tt.command, Body: []byte(tt.a)})
			b, onceB := c.Key(sdk.Callback{AppID: "1", Command: tt.command, Body: []byte(tt.b)})
			if !onceA || !onceB {
				t.Errorf("proven: %v, %v", onceA, onceB)
			}
			if a == b {
				t.Errorf("both have the key %s", a)
			}
		})
	}
}

func TestOnlyASendThatSucceededIsProven(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"C2C.CallbackAfterSendMsg", "Bot.OnC2CMessage"} {
		for result, proven := range map[string]bool{
			`"SendMsgResult":0`: true, `"SendMsgResult":"0"`: true,
			`"SendMsgResult":80001`: false, `"SendMsgResult":null`: false, `"SendMsgResult":""`: false, `"ErrorInfo":""`: false,
		} {
			text := `{"From_Account":"a","To_Account":"b","MsgKey":"1_2_3",` + result + `}`
			if _, once := spec(t, command).Key(sdk.Callback{AppID: "1", Command: command, Body: []byte(text)}); once != proven {
				t.Errorf("%s with %s: once = %v", command, result, once)
			}
		}
	}
}

func TestAddThenDeleteThenAddIsThreeEvents(t *testing.T) {
	t.Parallel()
	cb := sample(t, blackAdd)
	first, once := spec(t, blackAdd).Key(cb)
	if once {
		t.Error("an identical body is taken for a duplicate")
	}
	again, _ := spec(t, blackAdd).Key(cb)
	if first != again {
		t.Error("identical bodies do not share their hint")
	}
	cb.Command = "Sns.CallbackBlackListDelete"
	if removed, _ := spec(t, cb.Command).Key(cb); removed == first {
		t.Error("adding and deleting share a key")
	}
}

func TestKeyIsScopedByApp(t *testing.T) {
	t.Parallel()
	cb := sample(t, "C2C.CallbackAfterSendMsg")
	one, _ := spec(t, cb.Command).Key(cb)
	cb.AppID = "1400000002"
	if other, _ := spec(t, cb.Command).Key(cb); other == one {
		t.Error("two apps share a key")
	}
}

func TestKeyReadsNumbersInQuotesAsNumbers(t *testing.T) {
	t.Parallel()
	b := sampleBody(t, "Group.CallbackAfterRecallMsg")
	number, _ := b.with("EventTime", `1670574414123`).key(t, "Group.CallbackAfterRecallMsg")
	text, once := b.with("EventTime", `"1670574414123"`).key(t, "Group.CallbackAfterRecallMsg")
	if number != text || !once {
		t.Errorf("%s and %s, once %v", number, text, once)
	}
}

func TestKeyTrustsNoOddBody(t *testing.T) {
	t.Parallel()
	const command = "Group.CallbackAfterSendMsg"
	for name, text := range map[string]string{
		"empty":                    ``,
		"no JSON":                  `GroupId=1&MsgSeq=2`,
		"an array":                 `[{"GroupId":"g","MsgTime":9,"MsgSeq":7}]`,
		"cut short":                `{"GroupId":"g","MsgTime":9,"MsgSeq":7`,
		"cut inside a string":      `{"GroupId":"g","MsgTime":9,"MsgSeq":7,"X":"`,
		"cut inside an escape":     `{"GroupId":"g","MsgTime":9,"MsgSeq":7,"X":"\`,
		"cut inside an object":     `{"GroupId":"g","MsgTime":9,"MsgSeq":7,"X":{"y":1`,
		"something behind it":      `{"GroupId":"g","MsgTime":9,"MsgSeq":7} {}`,
		"a comma too many":         `{"GroupId":"g","MsgTime":9,"MsgSeq":7,}`,
		"a comma too few":          `{"GroupId":"g" "MsgTime":9,"MsgSeq":7}`,
		"no colon":                 `{"GroupId" "g","MsgTime":9,"MsgSeq":7}`,
		"no value":                 `{"GroupId":,"MsgTime":9,"MsgSeq":7}`,
		"a key without quotes":     `{GroupId:"g","MsgTime":9,"MsgSeq":7}`,
		"a proof twice":            `{"GroupId":"g","MsgTime":9,"MsgSeq":7,"MsgSeq":8}`,
		"a key in disguise":        `{"GroupId":"g","MsgTime":9,"MsgSeq":7,"Msg\u0053eq":8}`,
		"a proof in other letters": `{"groupid":"g","MsgTime":9,"MsgSeq":7}`,
		"a part in other letters":  `{"GroupId":"g","MsgTime":9,"MsgSeq":7,"topicId":"t"}`,
		"a proof one level down":   `{"GroupId":"g","MsgTime":9,"X":{"MsgSeq":7}}`,
		"a proof inside text":      `{"GroupId":"g","MsgTime":9,"X":"\",\"MsgSeq\":7"}`,
		"a proof of objects":       `{"GroupId":{"a":1},"MsgTime":9,"MsgSeq":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, once := spec(t, command).Key(sdk.Callback{AppID: "1", Command: command, Body: []byte(text)})
			if once {
				t.Error("proven")
			}
			if len(key) != len("1/"+command+"/")+22 {
				t.Errorf("key %q", key)
			}
		})
	}
}

func TestKeyOfARecallNeedsEveryMessageNamed(t *testing.T) {
	t.Parallel()
	const command = "Group.CallbackAfterRecallMsg"
	for text, want := range map[string]bool{
		`{"GroupId":"g","EventTime":1,"MsgSeqList":[{"MsgSeq":1},{"MsgSeq":2}]}`:  true,
		`{"GroupId":"g","EventTime":1,"MsgSeqList":[{"MsgSeq":1},{"MsgId":"x"}]}`: false,
		`{"GroupId":"g","EventTime":1,"MsgSeqList":[{"MsgSeq":0}]}`:               false,
		`{"GroupId":"g","EventTime":1,"MsgSeqList":[1,2]}`:                        false,
		`{"GroupId":"g","EventTime":1,"MsgSeqList":[]}`:                           false,
	} {
		if _, once := spec(t, command).Key(sdk.Callback{Command: command, Body: []byte(text)}); once != want {
			t.Errorf("%s: once = %v", text, once)
		}
	}
}
