package verdict

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Doubts names what is no flaw of an answer to cb, since Tencent reads it, and can
// hardly be what its author means. The command may be unknown or empty.
func Doubts(cb sdk.Callback, a Answer) []string {
	var doubts []string
	if Patience/2 < a.Took && a.Took <= Patience {
		doubts = append(doubts, fmt.Sprintf("the reply took %s of Tencent's %s, which has the way from Tencent and back in it: leave room for the network", report.Round(a.Took), Patience))
	}
	if at := notUTF8(a.Body); at >= 0 {
		doubts = append(doubts, fmt.Sprintf("byte %d of the body is not UTF-8, which JSON has to be: no page says what Tencent reads there", at+1))
	}
	if reply, flaws := readAnswer(a); len(flaws) == 0 {
		doubts = append(doubts, unknownKinds(reply)...)
		doubts = append(doubts, strangers(cb, reply)...)
	}
	return doubts
}

// notUTF8 returns where text stops being UTF-8, or -1.
func notUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// unknownKinds names the elements of a rewrite that no page of Tencent's has. The
// kinds are an open set, so this is no flaw.
func unknownKinds(r sdk.Reply) []string {
	var reply struct {
		MsgBody []struct {
			MsgType string `json:"MsgType"`
		} `json:"MsgBody"`
	}
	if json.Unmarshal(r.Extra, &reply) != nil {
		return nil // no rewrite, or one whose form is a flaw
	}
	var kinds, doubts []string
	for _, content := range []imevent.Content{
		imevent.TextElem{},
		imevent.CustomElem{},
		imevent.FaceElem{},
		imevent.LocationElem{},
		imevent.SoundElem{},
		imevent.ImageElem{},
		imevent.FileElem{},
		imevent.VideoFileElem{},
		imevent.RelayElem{},
	} {
		kinds = append(kinds, content.Kind())
	}
	for _, element := range reply.MsgBody {
		if !slices.Contains(kinds, element.MsgType) {
			doubts = append(doubts, fmt.Sprintf("no MsgType %s is documented; there are %s", report.Visible(element.MsgType), strings.Join(kinds, ", ")))
		}
	}
	return doubts
}

// strangers names the accounts that are refused without having been asked about:
// Tencent lets all that it did ask about through.
func strangers(cb sdk.Callback, r sdk.Reply) []string {
	c, listed := imevent.Spec(cb.Command)
	if !listed {
		return nil
	}
	var doubts []string
	for _, key := range c.ReplyKeys {
		for _, account := range accountsIn(r, key) {
			alone, err := json.Marshal(map[string][]string{key: {account}})
			if err != nil {
				continue // cannot be: they are texts
			}
			if refused, partial := c.Refuses(cb, sdk.Reply{Extra: alone}); !refused && !partial {
				doubts = append(doubts, fmt.Sprintf("%s refuses %s, whom the request does not name: that keeps nobody out", key, report.Visible(account)))
			}
		}
	}
	return doubts
}

// accountsIn lists the accounts that a key of the reply refuses.
func accountsIn(r sdk.Reply, key string) []string {
	var keys map[string]json.RawMessage
	var accounts []string
	if !strings.HasPrefix(key, "Refused") || json.Unmarshal(r.Extra, &keys) != nil || json.Unmarshal(keys[key], &accounts) != nil {
		return nil
	}
	return accounts
}
