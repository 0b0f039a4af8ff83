package imevent

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/switchhook/switchhook/sdk"
)

// Decisions makes the answers to commands that ask whether something may happen.
// Each family of commands has a value of its own, such as [Admission], whose
// answers do not compile for another family's commands.
//
// An answer that Tencent would misread is not made quietly right: its Reply is an
// error, which an author meets in the first test and which the gateway counts as a
// bad reply, answered by the operator's policy.
type Decisions[A answer] struct {
	command string // whose contract says which codes there are
}

// Allow lets it happen.
func (d Decisions[A]) Allow() A { return A{decided(sdk.Reply{})} }

// Reject refuses it and tells the user text, by the family's lowest code of its
// own, since only those carry a text. Without a text it refuses with code 1, and
// the user's client shows the family's general error.
func (d Decisions[A]) Reject(text string) A {
	if text == "" {
		return A{decided(sdk.Reply{Code: codeRefuse})}
	}
	return d.RejectCode(d.codes().Lowest, text)
}

// RejectCode refuses it with one of the family's own codes, which reaches the
// user's client together with text. A code out of the family's range is an error.
func (d Decisions[A]) RejectCode(code int, text string) A {
	if codes := d.codes(); !codes.Contains(code) {
		return A{mistaken("refuse with code %d: codes go from %d to %d, or use Reject", code, codes.Lowest, codes.Highest)}
	}
	return A{decided(sdk.Reply{Code: code, Info: text})}
}

func (d Decisions[A]) codes() CodeRange { return ContractOf(d.command).Codes }

// MessageDecisions makes the answers to commands that ask about a message: besides
// allowing and refusing it, they can drop and change it. A change that is refused
// at the same time cannot be said.
type MessageDecisions[A answer] struct{ Decisions[A] }

// Drop has the message vanish while its sender sees success.
func (d MessageDecisions[A]) Drop() A { return A{decided(sdk.Reply{Code: codeDrop})} }

// Rewrite lets the message through with other content. Of a message that comes from
// the event it is best to change a copy, since elements of unknown kinds then stay
// as they are. An empty body is an error: no page says what Tencent makes of it.
func (d MessageDecisions[A]) Rewrite(body []Element) A { return A{rewritten(body, nil)} }

// RewriteData lets the message through with other CloudCustomData.
func (d MessageDecisions[A]) RewriteData(data string) A { return A{rewritten(nil, &data)} }

// RewriteAll lets the message through with other content and other
// CloudCustomData.
func (d MessageDecisions[A]) RewriteAll(body []Element, data string) A {
	if len(body) == 0 {
		return A{mistaken("rewrite the message: the body is empty; use RewriteData to keep the content")}
	}
	return A{rewritten(body, &data)}
}

// answer is any of this package's answers that stand for one verdict.
type answer interface{ ~struct{ verdict } }

// verdict is what such an answer holds. The zero verdict decides nothing.
type verdict struct {
	reply   sdk.Reply
	decided bool
	err     error
}

// Reply returns the answer in the terms of the wire. The error says what Tencent
// would misread, or that nothing was decided.
func (v verdict) Reply() (sdk.Reply, error) {
	switch {
	case v.err != nil:
		return sdk.Reply{}, v.err
	case !v.decided:
		return sdk.Reply{}, errors.New("the answer is empty: return a decision of the command's family, such as its Allow()")
	default:
		return v.reply, nil
	}
}

func decided(r sdk.Reply) verdict { return verdict{reply: r, decided: true} }

func mistaken(format string, args ...any) verdict { return verdict{err: fmt.Errorf(format, args...)} }

// rewritten lets a message through with what is given.
func rewritten(body []Element, data *string) verdict {
	if data == nil && len(body) == 0 {
		return mistaken("rewrite the message: the body is empty; use Allow to keep the message, or Reject or Drop")
	}
	extra := []byte{'{'}
	if len(body) > 0 {
		var err error
		if extra, err = appendBody(append(extra, `"MsgBody":`...), body); err != nil {
			return mistaken("rewrite the message: %w", err)
		}
		extra = append(extra, ',')
	}
	if data != nil {
		extra = append(extra, `"CloudCustomData":`...)
		extra = append(appendText(extra, *data), ',')
	}
	return decided(sdk.Reply{Extra: closed(extra, '}')})
}

// appendBody appends elements as Tencent documents them, whatever form the sender
// had chosen: a form of the sender's must not turn a rewrite into a bad reply, and so
// let the message pass. An element that is of no kind is left out.
func appendBody(out []byte, body []Element) ([]byte, error) {
	out = append(out, '[')
	for n := range body {
		element := &body[n]
		said, err := element.says()
		if err != nil {
			return nil, fmt.Errorf("MsgBody[%d]: %w", n, err)
		}
		if !said {
			continue
		}
		out = layoutOf(reflect.TypeFor[Element]()).write(out, reflect.ValueOf(element).Elem(), proper)
		out = append(out, ',')
	}
	if out[len(out)-1] == '[' {
		return nil, errors.New("no element of the body has a MsgType; use Reject or Drop")
	}
	return closed(out, ']'), nil
}

// says reports whether the element says anything. The error is a mistake of somebody
// who made it in Go: content of no kind, a kind without content, no JSON.
func (e *Element) says() (bool, error) {
	content := held(e.Content)
	raw, isRaw := content.(RawContent)
	switch {
	case e.MsgType == "" && (content == nil || isRaw && e.kept != nil):
		return false, nil
	case e.kept == nil && (content == nil || isRaw && e.MsgType == ""):
		return false, errors.New("it has no content or no MsgType")
	case isRaw && !valid(raw, maxDepth):
		return false, errors.New("its content is not valid JSON")
	default:
		return true, nil
	}
}
