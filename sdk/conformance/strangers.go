package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"

	"github.com/switchhook/switchhook/sdk"
)

// strangers is how many callbacks of each command are sent that come from somebody
// else each time, to see whether each makes a series.
const strangers = 64

// personal are the keys of a body whose values have no end: who, where, when, and
// what somebody wrote. Those of a closed set, such as MsgType, are none.
var personal = regexp.MustCompile(`(Account|AccountList|Members|[a-z]I[dD]|IdList|^ID|Seq|SeqList|Random|Time|MsgKey|Name|NameCard|Text|TextContent|Wording|Remark|Data|U[rR][lL])$`)

// notPersonal ends like one of them: it names the app.
const notPersonal = "SdkAppId"

// growth sends strangers of each command, and returns how many series those of one
// command have made, at most.
func (s *suite) growth(ctx context.Context, p *process) (most int, command string, err error) {
	for _, name := range s.commands() {
		cb, _ := s.sample(name)
		s.ask(ctx, p, cb, s.options.Patience) // a command may have series of its own
		before, err := s.measure(ctx, p)
		if err != nil {
			return 0, "", err
		}
		for i := range strangers {
			s.ask(ctx, p, stranger(cb, i+1), s.options.Patience)
		}
		after, err := s.measure(ctx, p)
		if err != nil {
			return 0, "", err
		}
		if n := series(after) - series(before); n > most {
			most, command = n, name
		}
	}
	return most, command, nil
}

// stranger makes of a callback one that has nothing in common with it but the app
// and the command.
func stranger(cb sdk.Callback, n int) sdk.Callback {
	cb.ID, cb.Key = fmt.Sprintf("%s-%d", cb.ID, n), fmt.Sprintf("%s-%d", cb.Key, n)
	cb.ClientIP = fmt.Sprintf("198.51.100.%d", n)
	in := json.NewDecoder(bytes.NewReader(cb.Body))
	in.UseNumber() // a MsgSeq keeps its digits
	var body map[string]any
	if in.Decode(&body) != nil {
		return cb
	}
	if raw, err := json.Marshal(elsewhere(body, "", n)); err == nil {
		cb.Body = raw
	}
	return cb
}

// elsewhere returns a value of a body in which all that is personal is another's.
// The members of a list are what its key says.
func elsewhere(value any, key string, n int) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = elsewhere(inner, key, n)
		}
	case []any:
		for i, inner := range value {
			value[i] = elsewhere(inner, key, n)
		}
	case json.Number:
		if key != notPersonal && personal.MatchString(key) {
			return json.Number(moved(value.String(), n))
		}
	case string:
		if key != notPersonal && personal.MatchString(key) {
			return moved(value, n)
		}
	}
	return value
}

// moved returns another number for a whole number, and another text for a text.
func moved(text string, n int) string {
	if number, ok := new(big.Int).SetString(text, 10); ok {
		return number.Add(number, big.NewInt(int64(n))).String()
	}
	return fmt.Sprintf("%s-%d", text, n)
}
