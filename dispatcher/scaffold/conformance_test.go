package scaffold_test

import (
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
	"github.com/switchhook/switchhook/sdk/conformance"
)

// What an author starts from keeps to the contract as it is. A request of a
// friendship has the richest answer: it lists its targets, who may be none.
func TestANewPluginKeepsToTheContract(t *testing.T) {
	t.Parallel()
	made := write(t, scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackPrevFriendAdd"}, SDK: repository})
	command(t, made.Dir, "make", "build")
	report, err := conformance.Verify(t.Context(), conformance.Options{Program: filepath.Join(made.Dir, "bin", "friends")})
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range report.Checks {
		if check.Result == conformance.Failed {
			t.Errorf("%s: %s", check.Name, check.Detail)
		}
	}
	if !report.OK || report.Count(conformance.Passed) == 0 {
		t.Errorf("ok = %t, with %d checks passed", report.OK, report.Count(conformance.Passed))
	}
}
