package scaffold_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
	"github.com/switchhook/switchhook/sdk/sdktest"
)

// A new plugin's test says what is expected as a sentence, and of each family
// which other sentences there are.
func TestTheFirstTestReadsAsASentence(t *testing.T) {
	t.Parallel()
	const (
		head = "(t *testing.T) {\n\tt.Parallel()\n"
		send = "\tsdktest.Start(t, newPlugin()).Decide(t, "
	)
	wants := map[string]string{
		"Sns.CallbackFriendAdd": "// A test of a body that makes no sense ends in Malformed(). Events come at least\n" +
			"// once: link.Again(t, first, sdk.Live) has the same one come a second time.\n" +
			"func TestSnsFriendAddIsAcknowledged" + head + send + "\"Sns.CallbackFriendAdd\", nil).Acknowledged()\n}\n",
		"Chatbot.OnC2CSignalMessage": "// What the bot says is the decision's Reply().Extra.\n" +
			"func TestChatbotOnC2CSignalMessageIsAcknowledged" + head + send + "\"Chatbot.OnC2CSignalMessage\", nil).Acknowledged()\n}\n",
		"Brand.CallbackBeforeNew": "// The body is made up, since none is documented.\n// A test of another decision ends in Rejected(1).\n" +
			"func TestBrandBeforeNewIsAllowed" + head + "\tbody := `{\"CallbackCommand\": \"Brand.CallbackBeforeNew\"}`\n" +
			send + "\"Brand.CallbackBeforeNew\", body).Allowed()\n}\n",
		"Sns.CallbackPrevFriendAdd":                           "in Rejected(38000) or RefusedTargets(account).\nfunc TestSnsPrevFriendAddIsAllowed",
		"C2C.CallbackBeforeSendMsg":                           "in Rejected(120001), Dropped() or Rewritten(keys).\nfunc TestC2CBeforeSendMsgIsAllowed",
		"Group.CallbackBeforeSendMsg":                         "in Rejected(10100), Dropped() or Rewritten(keys).\nfunc TestGroupBeforeSendMsgIsAllowed",
		"Group.CallbackBeforeCreateGroup":                     "in Rejected(10100).\nfunc TestGroupBeforeCreateGroupIsAllowed",
		"Group.CallbackBeforeInviteJoinGroup":                 "in Rejected(10100) or RefusedTargets(account).\nfunc TestGroupBeforeInviteJoinGroupIsAllowed",
		"OfficialAccount.CallbackBeforeSendMsg":               "in Rejected(120001), Dropped() or Rewritten(keys).\nfunc TestOfficialAccountBeforeSendMsgIsAllowed",
		"OfficialAccount.CallbackBeforeCreateOfficialAccount": "in Rejected(120001).\nfunc TestOfficialAccountBeforeCreateOfficialAccountIsAllowed",
		"OfficialAccount.CallbackBeforeAddSubscriber":         "in Rejected(1) or RefusedTargets(account).\nfunc TestOfficialAccountBeforeAddSubscriberIsAllowed",
		"Live.CallbackBeforeSendGift":                         "in Rejected(102100).\nfunc TestLiveBeforeSendGiftIsAllowed",
	}
	made := write(t, scaffold.Options{Name: "all", Commands: slices.Sorted(maps.Keys(wants)), SDK: repository})
	text, err := os.ReadFile(filepath.Join(made.Dir, "handlers_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range wants {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: it does not say\n%s\nbut:\n%s", command, want, text)
		}
	}
	for _, ending := range regexp.MustCompile(`ends in .*`).FindAllString(string(text), -1) {
		for _, m := range regexp.MustCompile(`(\w+)\(`).FindAllStringSubmatch(ending, -1) {
			if _, ok := reflect.TypeFor[*sdktest.Decision]().MethodByName(m[1]); !ok {
				t.Errorf("a decision has no %s", m[1])
			}
		}
	}
}
