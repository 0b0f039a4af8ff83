package sdk_test

import (
	"testing"

	"github.com/switchhook/switchhook/sdk"
)

func TestClaimsMatchByNameFamilyOrEverything(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pattern, command string
		matches          bool
		specificity      int
	}{
		"a command":                         {"Sns.CallbackX", "Sns.CallbackX", true, sdk.SpecificityExact},
		"another command":                   {"Sns.CallbackX", "Sns.CallbackXY", false, sdk.SpecificityExact},
		"other letters":                     {"Sns.CallbackX", "sns.CallbackX", false, sdk.SpecificityExact},
		"a family":                          {"Sns.*", "Sns.CallbackX", true, sdk.SpecificityFamily},
		"another family":                    {"Sns.*", "SnsX.CallbackX", false, sdk.SpecificityFamily},
		"a family without its word":         {"Sns.*", "Sns", false, sdk.SpecificityFamily},
		"everything":                        {"*", "Sns.CallbackX", true, sdk.SpecificityAny},
		"everything, even what has no name": {"*", "", true, sdk.SpecificityAny},
		"no pattern":                        {"", "Sns.CallbackX", false, sdk.SpecificityExact},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claim := sdk.Claim{Pattern: tt.pattern}
			if got := claim.Matches(tt.command); got != tt.matches {
				t.Errorf("Matches = %v", got)
			}
			if got := claim.Specificity(); got != tt.specificity {
				t.Errorf("Specificity = %d, want %d", got, tt.specificity)
			}
		})
	}
	if sdk.SpecificityAny >= sdk.SpecificityFamily || sdk.SpecificityFamily >= sdk.SpecificityExact {
		t.Error("specificities do not grow")
	}
}

func TestPurposesHaveNames(t *testing.T) {
	t.Parallel()
	for purpose, want := range map[sdk.Purpose]string{sdk.Live: "live", sdk.Replay: "replay", sdk.DryRun: "dry_run", 99: "unknown"} {
		if got := purpose.String(); got != want {
			t.Errorf("%d is %q, want %q", purpose, got, want)
		}
	}
}

func TestAnAckIsAPlainOK(t *testing.T) {
	t.Parallel()
	reply, err := sdk.Ack{}.Reply()
	if err != nil || reply.Code != 0 || reply.Info != "" || reply.Extra != nil {
		t.Errorf("%+v, %v", reply, err)
	}
}
