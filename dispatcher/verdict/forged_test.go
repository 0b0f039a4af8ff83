package verdict_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/verdict"
)

func TestForgedRequestsHaveToBeRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer verdict.Answer
		effect verdict.Effect
		flaw   string
		says   string
	}{
		"refused as forbidden":    {verdict.Answer{Status: 403}, verdict.EffectTurnedAway, "", "REFUSED with 403, as it should be: its Sign is missing"},
		"refused as unauthorized": {verdict.Answer{Status: 401}, verdict.EffectTurnedAway, "", "REFUSED with 401"},
		"answered":                {verdict.Answer{Status: 200, Body: []byte(ok)}, verdict.EffectLetIn, "let_in", "AS IF IT WERE TENCENT'S, though its Sign is missing"},
		"answered with anything":  {verdict.Answer{Status: 200}, verdict.EffectLetIn, "let_in", "AS IF IT WERE TENCENT'S"},
		"refused in the body":     {verdict.Answer{Status: 200, Body: []byte(`{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"bad sign"}`)}, verdict.EffectTurnedAway, "refused_in_body", "REFUSED IN THE BODY with 200, since its Sign is missing"},
		"a decision in the body":  {verdict.Answer{Status: 200, Body: []byte(`{"ActionStatus":"OK","ErrorCode":1,"ErrorInfo":""}`)}, verdict.EffectLetIn, "let_in", "AS IF IT WERE TENCENT'S"},
		"FAIL without a code":     {verdict.Answer{Status: 200, Body: []byte(`{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":""}`)}, verdict.EffectLetIn, "let_in", "AS IF IT WERE TENCENT'S"},
		"another status":          {verdict.Answer{Status: 500}, verdict.EffectUnknown, "status", "NEITHER REFUSED NOR ANSWERED"},
		"no answer":               {verdict.Answer{Err: errors.New("reset")}, verdict.EffectUnknown, "no_reply", "NO ANSWER"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := verdict.JudgeForged(tt.answer, "its Sign is missing")
			if v.Effect != tt.effect || verdict.Codes(v.Flaws) != tt.flaw || !strings.Contains(v.Meaning, tt.says) {
				t.Errorf("got %s, %q, %+v\nwant %s, %q, %s", v.Effect, v.Meaning, v.Flaws, tt.effect, tt.says, tt.flaw)
			}
		})
	}
}
