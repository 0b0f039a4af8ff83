// Package chatter makes bodies of callbacks as the users of an app cause them, for
// benchmarks: whatever compresses, counts or remembers bodies shows there what it does in
// life. Only tests and benchmarks import it.
//
// Of twenty bodies eleven are messages from one person to another, five messages to a group,
// two logins and logouts, and two entries of a blacklist; they are compact JSON of the fields that
// Tencent documents, 430 bytes on average. Accounts, of which there are 50,000, and ids
// are random letters and digits, sequences and randoms any number, times the clock's. Texts are 1
// to 24 words of a list, English or Chinese, the first of the list more often, and one in eight of
// random letters, as names, slips and links are. So what a body has in common with others are its
// keys and some words, and nothing that carries its meaning.
package chatter

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Body is a callback's body, and its command.
type Body struct {
	Command string
	JSON    []byte
}

// Commands are those of the bodies.
func Commands() []string {
	return []string{"C2C.CallbackAfterSendMsg", "Group.CallbackAfterSendMsg", "State.StateChange", "Sns.CallbackBlackListAdd"}
}

// Source makes bodies, each another. It is for one goroutine.
type Source struct {
	random    *rand.Rand
	now       time.Time
	languages [2][]string
}

const accounts = 50_000

// New returns a source; another seed makes other bodies of the same accounts.
func New(seed uint64) *Source {
	return &Source{
		random:    rand.New(rand.NewPCG(seed, 0x5eed)), //nolint:gosec // nothing is secret
		now:       time.UnixMilli(1_795_856_400_000),
		languages: [2][]string{strings.Fields(english), strings.Fields(chinese)},
	}
}

// Take returns the next n bodies.
func (s *Source) Take(n int) []Body {
	all := make([]Body, n)
	for i := range all {
		all[i] = s.Next()
	}
	return all
}

// Next returns the next body.
func (s *Source) Next() Body {
	s.now = s.now.Add(time.Duration(s.random.IntN(2_000)) * time.Microsecond)
	commands := Commands()
	switch n := s.random.IntN(20); {
	case n < 11:
		return Body{commands[0], s.personal(commands[0])}
	case n < 16:
		return Body{commands[1], s.group(commands[1])}
	case n < 18:
		return Body{commands[2], s.state(commands[2])}
	default:
		return Body{commands[3], s.blacklist(commands[3])}
	}
}

func (s *Source) personal(command string) []byte {
	seq, random, at := s.random.Uint32(), s.random.Uint32(), s.now.Unix()
	return fmt.Appendf(nil, `{"CallbackCommand":%q,"From_Account":%q,"To_Account":%q,"MsgSeq":%d,"MsgRandom":%d,"MsgTime":%d,`+
		`"MsgKey":"%[4]d_%[5]d_%[6]d","MsgId":"%d-%[6]d-%[5]d","OnlineOnlyFlag":0,"SendMsgResult":0,"ErrorInfo":"send msg succeed","UnreadMsgNum":%[8]d,`+
		`"MsgBody":%s,"CloudCustomData":%q,"EventTime":%d}`,
		command, s.account(), s.account(), seq, random, at, 144115200000000000+s.random.Int64N(1<<40), s.random.IntN(40),
		s.text(), s.custom(), s.now.UnixMilli())
}

func (s *Source) group(command string) []byte {
	from := s.account()
	return fmt.Appendf(nil, `{"CallbackCommand":%q,"GroupId":%q,"Type":"Public","From_Account":%q,"Operator_Account":%[3]q,"Random":%d,"MsgSeq":%d,`+
		`"MsgTime":%d,"OnlineOnlyFlag":0,"MsgBody":%s,"CloudCustomData":%q,"EventTime":%d}`,
		command, "@TGS#2"+strings.ToUpper(word(s.random, 8)), from, s.random.Uint32(), s.random.Uint32(), s.now.Unix(), s.text(), s.custom(), s.now.UnixMilli())
}

func (s *Source) state(command string) []byte {
	does := [][2]string{{"Login", "Register"}, {"Logout", "Unregister"}, {"Disconnect", "LinkClose"}, {"Disconnect", "TimeOut"}}[s.random.IntN(4)]
	return fmt.Appendf(nil, `{"CallbackCommand":%q,"EventTime":%d,"Info":{"Action":%q,"To_Account":%q,"Reason":%q}}`,
		command, s.now.UnixMilli(), does[0], s.account(), does[1])
}

func (s *Source) blacklist(command string) []byte {
	body, from := fmt.Appendf(nil, `{"CallbackCommand":%q,"PairList":[`, command), s.account()
	for i := range 1 + s.random.IntN(3) {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"From_Account":%q,"To_Account":%q}`, from, s.account())
	}
	return append(body, "]}"...)
}

// account is one of the app's, the same for the same number.
func (s *Source) account() string {
	n := s.random.Uint64N(accounts)
	own := rand.New(rand.NewPCG(n, 0xacc)) //nolint:gosec // nothing is secret
	if n%2 == 0 {
		return strconv.FormatUint(10_000_000+own.Uint64N(90_000_000), 10)
	}
	return word(own, 14)
}

// custom is what an app says of a message: of three, two say nothing.
func (s *Source) custom() string {
	if s.random.IntN(3) > 0 {
		return ""
	}
	return fmt.Sprintf(`{"messageReply":{"messageID":"%s","version":1}}`, word(s.random, 24))
}

func (s *Source) text() string {
	language := s.random.IntN(2)
	list, between := s.languages[language], []string{" ", ""}[language]
	words := make([]string, 1+s.random.IntN(24))
	for i := range words {
		if s.random.IntN(8) == 0 {
			words[i] = word(s.random, 3+s.random.IntN(7))
			continue
		}
		often := s.random.Float64()
		words[i] = list[int(often*often*float64(len(list)))]
	}
	return fmt.Sprintf(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]`, strings.Join(words, between))
}

// word is n random letters and digits.
func word(r *rand.Rand, n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[r.IntN(len(letters))]
	}
	return string(text)
}
