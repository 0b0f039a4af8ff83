package apptest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/gateway"
)

// A load goes on where one of its gateways answers, and all that it was told stands in
// the ledger.
func TestALoadGoesToWhoAnswers(t *testing.T) {
	t.Parallel()
	serve := func(id string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(gateway.IDHeader, id)
			_, _ = io.WriteString(w, apptest.OKReply) // the client is there
		}))
		t.Cleanup(s.Close)
		return s
	}
	first, second := serve("first"), serve("second")
	l := apptest.NewLedger()
	flow := l.Load(t, 4, 0, strings.TrimPrefix(first.URL, "http://"), strings.TrimPrefix(second.URL, "http://"))
	l.Await(t, 100)
	first.CloseClientConnections()
	first.Close()
	l.Await(t, 100)
	flow.Stop()
	ids := make(map[string]int)
	for _, id := range l.Accepted {
		ids[id]++
	}
	if ids["first"] == 0 || ids["second"] == 0 || len(ids) != 2 || l.Refused > 0 || l.Unanswered > 4 {
		t.Errorf("accepted %v, %d refused, %d without an answer", ids, l.Refused, l.Unanswered)
	}
}
