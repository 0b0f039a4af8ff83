package verdict

import (
	"fmt"
	"net/http"
)

// JudgeForged reads the answer to a request that has to be refused, as whoever
// guards the endpoint would. Why says what gives the request away, as in "its
// Sign is missing".
func JudgeForged(a Answer, why string) Verdict {
	switch {
	case a.Err != nil:
		return Verdict{EffectUnknown, "NO ANSWER: whether the endpoint refuses such a request is not known", []Flaw{unreceived(a)}}
	case Refuses(a.Status):
		return Verdict{EffectTurnedAway, fmt.Sprintf("request REFUSED with %d, as it should be: %s", a.Status, why), nil}
	case refusesInBody(a):
		return Verdict{
			EffectTurnedAway, "request REFUSED IN THE BODY with 200, since " + why,
			[]Flaw{{"refused_in_body", "a refusal with 200 and FAIL looks like a handler that failed; answer 403"}},
		}
	case a.Status == http.StatusOK:
		return Verdict{
			EffectLetIn, "request ANSWERED AS IF IT WERE TENCENT'S, though " + why,
			[]Flaw{{"let_in", "anybody who reaches the URL can forge callbacks; check Sign and RequestTime first, and answer 403"}},
		}
	default:
		return Verdict{EffectUnknown, "request NEITHER REFUSED NOR ANSWERED: a forged one gets 403", []Flaw{wrongStatus(a)}}
	}
}

// refusesInBody reports whether a well-formed reply says FAIL, with a code.
func refusesInBody(a Answer) bool {
	_, flaws := readAnswer(Answer{Status: a.Status, Body: a.Body})
	return Codes(flaws) == "fail"
}

// Refuses reports whether an HTTP status says that the sender is not Tencent.
func Refuses(status int) bool {
	return status == http.StatusForbidden || status == http.StatusUnauthorized
}
