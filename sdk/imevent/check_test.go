package imevent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk"
)

const (
	c2cSend    = "C2C.CallbackBeforeSendMsg"
	groupSend  = "Group.CallbackBeforeSendMsg"
	invite     = "Group.CallbackBeforeInviteJoinGroup"
	apply      = "Group.CallbackBeforeApplyJoinGroup"
	subscribe  = "OfficialAccount.CallbackBeforeAddSubscriber"
	gift       = "Live.CallbackBeforeSendGift"
	prevAdd    = "Sns.CallbackPrevFriendAdd"
	blackAdd   = "Sns.CallbackBlackListAdd"
	signal     = "Chatbot.OnC2CSignalMessage"
	switchName = "Live.CallbackBeforeCallBackNotBlock"

	textElem = `[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}]`
)

func TestCheckAcceptsWhatTencentReadsAsMeant(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		command string
		reply   sdk.Reply
	}{
		"a plain OK":                         {c2cSend, sdk.Reply{}},
		"a plain OK after the fact":          {blackAdd, sdk.Reply{}},
		"an empty object of keys":            {blackAdd, extra(`{}`)},
		"a plain refusal":                    {c2cSend, sdk.Reply{Code: 1}},
		"a silent drop":                      {groupSend, sdk.Reply{Code: 2}},
		"the lowest custom code":             {c2cSend, sdk.Reply{Code: 120001, Info: "no"}},
		"the highest custom code":            {groupSend, sdk.Reply{Code: 10200, Info: "no"}},
		"a refusal of a command by its name": {switchName, sdk.Reply{Code: 1}},
		"a gift refused by custom code":      {gift, sdk.Reply{Code: 102200, Info: "no"}},
		"a new message":                      {c2cSend, extra(`{"MsgBody":` + textElem + `,"CloudCustomData":"x"}`)},
		"new custom data alone":              {groupSend, extra(`{"CloudCustomData":""}`)},
		"some invited refused":               {invite, extra(`{"RefusedMembers_Account":["jared"]}`)},
		"nobody refused":                     {subscribe, extra(`{"RefusedSubscribers_Account":[]}`)},
		"a bot's answer":                     {signal, extra(`{"RspData":"{}"}`)},
		"no answer for the bot":              {signal, sdk.Reply{Code: 1}},
		"each friend has a verdict":          {prevAdd, extra(`{"ResultItem":[` + item("id1", "0") + `,` + item("id2", "39000") + `]}`)},
		"a verdict on a stranger besides":    {prevAdd, extra(`{"ResultItem":[` + item("id1", "0") + `,` + item("id2", "0") + `,` + item("id3", "0") + `]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := spec(t, tt.command).Check(sample(t, tt.command), tt.reply); err != nil {
				t.Error(err)
			}
		})
	}
}

func item(account, code string) string {
	return `{"To_Account":"` + account + `","ResultCode":` + code + `,"ResultInfo":""}`
}

func TestCheckRefusesWhatTencentWouldMisread(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		command string
		reply   sdk.Reply
		says    string
	}{
		"a verdict after the fact":           {blackAdd, sdk.Reply{Code: 1}, "has happened"},
		"keys that nobody reads":             {blackAdd, extra(`{"MsgBody":[]}`), "no further keys"},
		"a code out of every range":          {c2cSend, sdk.Reply{Code: 120000}, "120001 to 130000"},
		"a code above the range":             {groupSend, sdk.Reply{Code: 10201}, "10100 to 10200"},
		"a negative code":                    {groupSend, sdk.Reply{Code: -1}, "no meaning"},
		"another family's code":              {c2cSend, sdk.Reply{Code: 10100}, "no meaning"},
		"a drop where nothing is sent":       {apply, sdk.Reply{Code: 2}, "code 2"},
		"a custom code without a range":      {subscribe, sdk.Reply{Code: 120001}, "0 to allow, 1 to refuse"},
		"a rewrite with a refusal":           {c2cSend, sdk.Reply{Code: 1, Extra: json.RawMessage(`{"CloudCustomData":"x"}`)}, "only with code 0"},
		"a partial refusal with a whole one": {invite, sdk.Reply{Code: 1, Extra: json.RawMessage(`{"RefusedMembers_Account":["jared"]}`)}, "only with code 0"},
		"an answer with a failure":           {signal, sdk.Reply{Code: 1, Extra: json.RawMessage(`{"RspData":"x"}`)}, "only with code 0"},
		"no answer with success":             {signal, sdk.Reply{}, "RspData"},
		"a bot's verdict":                    {signal, sdk.Reply{Code: 120001}, "1 for none"},
		"an answer that is no string":        {signal, extra(`{"RspData":{"msg":"x"}}`), "must be a string"},
		"a standard key":                     {c2cSend, extra(`{"ErrorCode":1}`), "leave them out"},
		"a standard key in other letters":    {c2cSend, extra(`{"actionSTATUS":"OK"}`), "leave them out"},
		"a standard key in disguise":         {c2cSend, extra(`{"Error\u0049nfo":"x"}`), "leave them out"},
		"a key of another command":           {invite, extra(`{"MsgBody":` + textElem + `}`), "only RefusedMembers_Account"},
		"a key in other letters":             {c2cSend, extra(`{"msgBody":` + textElem + `}`), "is spelt MsgBody"},
		"a key twice":                        {c2cSend, extra(`{"MsgBody":` + textElem + `,"MsgBody":` + textElem + `}`), "twice"},
		"keys in an array":                   {c2cSend, extra(`[]`), "one JSON object"},
		"null for keys":                      {c2cSend, extra(`null`), "one JSON object"},
		"two objects of keys":                {c2cSend, extra(`{} {}`), "not valid JSON"},
		"keys cut short":                     {c2cSend, extra(`{"MsgBody":`), "not valid JSON"},
		"a message body without brackets":    {c2cSend, extra(`{"MsgBody":{"MsgType":"TIMTextElem"}}`), "must be an array"},
		"an empty message body":              {c2cSend, extra(`{"MsgBody":[]}`), "is empty"},
		"an element without type":            {c2cSend, extra(`{"MsgBody":[{"MsgContent":{}}]}`), "no MsgType"},
		"an element that is text":            {c2cSend, extra(`{"MsgBody":["hello"]}`), "no MsgType"},
		"custom data that is an object":      {groupSend, extra(`{"CloudCustomData":{}}`), "must be a string"},
		"one account without brackets":       {invite, extra(`{"RefusedMembers_Account":"jared"}`), "must be an array"},
		"accounts as objects":                {invite, extra(`{"RefusedMembers_Account":[{"Member_Account":"jared"}]}`), "plain string"},
		"an empty account":                   {subscribe, extra(`{"RefusedSubscribers_Account":[""]}`), "plain string"},
		"a failed backend for a refusal":     {prevAdd, sdk.Reply{Code: 38000}, "let every target through"},
		"friends without verdicts":           {prevAdd, sdk.Reply{}, "needs the key ResultItem"},
		"a friend without verdict":           {prevAdd, extra(`{"ResultItem":[` + item("id1", "0") + `]}`), "target 2 of 2 in FriendItem has no ResultItem (there are verdicts on 1)"},
		"no friend has a verdict":            {prevAdd, extra(`{"ResultItem":[]}`), "target 1 of 2 in FriendItem has no ResultItem (there are verdicts on 0)"},
		"a verdict out of range":             {prevAdd, extra(`{"ResultItem":[` + item("id1", "1") + `,` + item("id2", "0") + `]}`), "item 1 of ResultItem: ResultCode 1 has no meaning: use 0 to allow, 38000 to 39000"},
		"two verdicts on one friend":         {prevAdd, extra(`{"ResultItem":[` + item("id1", "0") + `,` + item("id1", "38000") + `,` + item("id2", "0") + `]}`), "items 1 and 2 of ResultItem are two verdicts on one target, 0 and 38000"},
		"a verdict in quotes":                {prevAdd, extra(`{"ResultItem":[` + item("id1", `"0"`) + `]}`), "ResultCode is a string"},
		"half a verdict":                     {prevAdd, extra(`{"ResultItem":[` + item("id1", `0.5`) + `]}`), "ResultItem"},
		"a verdict on nobody":                {prevAdd, extra(`{"ResultItem":[{"ResultCode":0,"ResultInfo":""}]}`), "To_Account is nothing"},
		"verdicts in an object":              {prevAdd, extra(`{"ResultItem":{"id1":0}}`), "must be an array"},
		"a rewrite by name alone":            {switchName, extra(`{"MsgBody":` + textElem + `}`), "no further keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := spec(t, tt.command).Check(sample(t, tt.command), tt.reply)
			if err == nil {
				t.Fatal("passed")
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), tt.command) {
				t.Errorf("%q does not name %s and %q", err, tt.command, tt.says)
			}
			for _, account := range []string{"id1", "id2", "jared"} {
				if strings.Contains(err.Error(), account) {
					t.Errorf("%q names the account %s, and errors end in logs", err, account)
				}
			}
		})
	}
}

func TestCheckOfAnUnreadableBodyLooksAtTheFormAlone(t *testing.T) {
	t.Parallel()
	c, cb := spec(t, prevAdd), sdk.Callback{Body: []byte("{")}
	if err := c.Check(cb, extra(`{"ResultItem":[`+item("anybody", "38000")+`]}`)); err != nil {
		t.Error(err)
	}
	if err := c.Check(cb, extra(`{"ResultItem":[{}]}`)); err == nil {
		t.Error("an item without an account passed")
	}
}

func TestCheckOfAPlainOKAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	c, cb := spec(t, groupSend), sample(t, groupSend)
	allocs := testing.AllocsPerRun(100, func() {
		if err := c.Check(cb, sdk.Reply{}); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}
