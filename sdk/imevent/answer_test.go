package imevent_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// answers are the answers of each type, with what becomes of the operation.
func answers(t *testing.T, typ reflect.Type, event any) map[string]sdk.Answer {
	t.Helper()
	body := []imevent.Element{imevent.Text("hi")}
	switch typ {
	case reflect.TypeFor[imevent.C2CAnswer]():
		return message(imevent.C2C, body, 130000)
	case reflect.TypeFor[imevent.GroupAnswer]():
		return message(imevent.Group, body, 10200)
	case reflect.TypeFor[imevent.OfficialAnswer]():
		return message(imevent.Official, body, 130000)
	case reflect.TypeFor[imevent.AdmissionAnswer]():
		return admission(imevent.Admission, 10200)
	case reflect.TypeFor[imevent.OfficialAdmissionAnswer]():
		return admission(imevent.OfficialAdmission, 120001)
	case reflect.TypeFor[imevent.GiftAnswer]():
		return admission(imevent.Gift, 102200)
	case reflect.TypeFor[imevent.InviteAnswer]():
		all := admission(imevent.Invite.Decisions, 10150)
		all["partial"] = imevent.Invite.RejectMembers("jared")
		return all
	case reflect.TypeFor[imevent.SubscribeAnswer]():
		return map[string]sdk.Answer{
			"allowed": imevent.Subscribe.Allow(), "refused": imevent.Subscribe.Reject(), "partial": imevent.Subscribe.RejectSubscribers("jared"),
		}
	case reflect.TypeFor[imevent.FriendAnswer]():
		ev := event.(imevent.FriendRequest)
		return map[string]sdk.Answer{
			"allowed": imevent.Friend.Allow(ev), "refused": imevent.Friend.Reject(ev, "no"), "partial": imevent.Friend.Allow(ev).Reject("id1", "no"),
		}
	case reflect.TypeFor[imevent.ChatbotAnswer]():
		return map[string]sdk.Answer{"allowed": imevent.Chatbot.Answer("{}"), "allowed, silent": imevent.Chatbot.Silent()}
	case reflect.TypeFor[sdk.Ack]():
		return map[string]sdk.Answer{"allowed": sdk.Ack{}}
	default:
		t.Fatalf("no answers of type %s", typ)
		return nil
	}
}

// gate is what Decisions of any answer are.
type gate[A sdk.Answer] interface {
	Allow() A
	Reject(text string) A
	RejectCode(code int, text string) A
}

func admission[A sdk.Answer](d gate[A], code int) map[string]sdk.Answer {
	return map[string]sdk.Answer{
		"allowed": d.Allow(), "refused": d.Reject("no"), "refused, no text": d.Reject(""), "refused, code": d.RejectCode(code, "no"),
	}
}

// messages is what MessageDecisions of any answer are.
type messages[A sdk.Answer] interface {
	gate[A]
	rewriter[A]
	Drop() A
}

type rewriter[A sdk.Answer] interface {
	Rewrite(body []imevent.Element) A
	RewriteData(data string) A
	RewriteAll(body []imevent.Element, data string) A
}

func message[A sdk.Answer](d messages[A], body []imevent.Element, code int) map[string]sdk.Answer {
	all := admission[A](d, code)
	all["refused, dropped"] = d.Drop()
	all["rewritten"], all["rewritten, data"], all["rewritten, all"] = d.Rewrite(body), d.RewriteData(""), d.RewriteAll(body, "data")
	return all
}

func TestEveryAnswerIsReadByTencentAsItWasMeant(t *testing.T) {
	t.Parallel()
	for _, typing := range imevent.Typings() {
		t.Run(typing.Command, func(t *testing.T) {
			t.Parallel()
			c, cb := spec(t, typing.Command), sample(t, typing.Command)
			event, err := typing.Decode(cb.Body)
			if err != nil {
				t.Fatal(err)
			}
			for meant, answer := range answers(t, typing.Answer, event) {
				reply, err := answer.Reply()
				if err != nil {
					t.Errorf("%s: %v", meant, err)
					continue
				}
				if err := c.Check(cb, reply); err != nil {
					t.Errorf("%s: %v", meant, err)
				}
				refused, partial := c.Refuses(cb, reply)
				if c.Drops(reply) != (meant == "refused, dropped") {
					t.Errorf("%s is read as dropped %v", meant, c.Drops(reply))
				}
				word, _, _ := strings.Cut(meant, ",")
				if refused != (word == "refused") || partial != (word == "partial") || c.Rewrites(reply) != (word == "rewritten") {
					t.Errorf("%s is read as refused %v, partial %v, rewritten %v", meant, refused, partial, c.Rewrites(reply))
				}
			}
		})
	}
}

func TestAnswersThatTencentWouldMisreadAreErrors(t *testing.T) {
	t.Parallel()
	for says, answer := range map[string]sdk.Answer{
		"refuse with code 0: codes go from 120001 to 130000":             imevent.C2C.RejectCode(0, "x"),
		"refuse with code 130001: codes go from 120001 to 130000":        imevent.C2C.RejectCode(130001, "x"),
		"refuse with code 10201: codes go from 10100 to 10200":           imevent.Group.RejectCode(10201, "x"),
		"refuse with code 2: codes go from 10100 to 10200":               imevent.Admission.RejectCode(2, "x"),
		"refuse with code 10100: codes go from 102100 to 102200":         imevent.Gift.RejectCode(10100, "x"),
		"the body is empty; use Allow":                                   imevent.Group.Rewrite(nil),
		"the body is empty; use RewriteData":                             imevent.Group.RewriteAll(nil, "x"),
		"MsgBody[0]: it has no content or no MsgType":                    imevent.Group.Rewrite([]imevent.Element{{MsgType: "TIMTextElem"}}),
		"MsgBody[1]: it has no content or no MsgType":                    imevent.C2C.Rewrite([]imevent.Element{imevent.Text("a"), {Content: imevent.RawContent(`{}`)}}),
		"one of the 2 names is empty":                                    imevent.Invite.RejectMembers("a", ""),
		"the data is empty":                                              imevent.Chatbot.Answer(""),
		"the answer is empty: return a decision of the command's family": imevent.InviteAnswer{},
	} {
		if reply, err := answer.Reply(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v, %v does not say %q", reply, err, says)
		}
	}
}
