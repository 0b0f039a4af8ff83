package verdict

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/sdk"
)

// shownTargets is how many verdicts are put into words; a request may ask about
// hundreds of accounts.
const shownTargets = 8

// perTarget says of a reply that decides target by target what it says of each:
// the items of ResultItem, or the accounts that it refuses by name.
func perTarget(r sdk.Reply) string {
	var reply struct {
		Items []struct {
			Account string `json:"To_Account"`
			Code    int    `json:"ResultCode"`
			Info    string `json:"ResultInfo"`
		} `json:"ResultItem"`
		Members     []string `json:"RefusedMembers_Account"`
		Subscribers []string `json:"RefusedSubscribers_Account"`
	}
	if json.Unmarshal(r.Extra, &reply) != nil {
		return report.Clip(string(r.Extra)) // cannot be: its form has been checked
	}
	var words []string
	for _, item := range reply.Items {
		word := "ALLOWED"
		if item.Code != 0 {
			word = fmt.Sprintf("REFUSED with %d, %q", item.Code, report.Clip(item.Info))
		}
		words = append(words, report.Visible(item.Account)+" "+word)
	}
	for _, account := range append(reply.Members, reply.Subscribers...) {
		words = append(words, report.Visible(account)+" REFUSED")
	}
	if len(words) == 0 {
		return "nobody is named" // how an unreadable body is refused
	}
	if more := len(words) - shownTargets; more > 0 {
		words = append(words[:shownTargets], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}
