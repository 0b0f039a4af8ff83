package conformance_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/conformance"
)

// misbehaviour is what the bad plugin does wrong, and what the report says to it.
type misbehaviour struct {
	failed string // the check that fails, no other; empty: none
	words  string // what its detail says
	mtls   conformance.MTLS
	hasty  bool // nothing is answered, so that waiting long has no use
}

var misbehaviours = map[string]misbehaviour{
	"":                                            {},
	"offers a stream":                             {},
	"has no schema":                               {},
	"has an open schema":                          {},
	"claims everything":                           {},
	"ends at once":                                {failed: "handshake", words: "disk full"},
	"says no handshake":                           {failed: "handshake", words: "on standard output nothing; the process still runs", hasty: true},
	"prints before the handshake":                 {failed: "handshake", words: `"connecting to the database ..."`},
	"speaks another protocol":                     {failed: "handshake", words: `it speaks plugin protocol "7", the gateway speaks 1`},
	"serves off the machine":                      {failed: "handshake", words: "only a unix socket or a loopback address"},
	"speaks net/rpc":                              {failed: "handshake", words: `it serves "netrpc"`},
	"needs no certificate":                        {failed: "mtls", words: "verify it with mtls off"},
	"lets strangers in":                           {failed: "mtls", words: "PLUGIN_CLIENT_CERT"},
	"shows another certificate":                   {failed: "handshake", words: "certificate"},
	"has no name":                                 {failed: "describe", words: "no name"},
	"claims nothing":                              {failed: "describe", words: "claims no command"},
	"claims nonsense":                             {failed: "describe", words: `"Sns*"`},
	"has a broken schema":                         {failed: "describe", words: "no JSON Schema"},
	"says nothing before Configure":               {failed: "describe", words: "before Configure"},
	"takes unknown keys":                          {failed: "settings", words: "the unknown key"},
	"takes what is no JSON":                       {failed: "settings", words: "not JSON"},
	"answers settings with gRPC errors":           {failed: "settings", words: "ConfigureResponse.error"},
	"refuses to be configured":                    {failed: "configure", words: "a: at least one is needed"},
	"fails to start":                              {failed: "configure", words: "its Start failed: no database"},
	"dies of its settings":                        {failed: "configure", words: "panic: no settings"},
	"has no health":                               {failed: "health", words: "grpc.health.v1"},
	"is never well":                               {failed: "health", words: "NOT_SERVING"},
	"answers with a verdict on the past":          {failed: "samples", words: "the event has happened"},
	"answers with broken extra":                   {failed: "samples", words: "extra is not a JSON object"},
	"answers without a result":                    {failed: "samples", words: "the answer names no result"},
	"has its answer refused by its SDK":           {failed: "samples", words: "its own SDK refuses the answer of the handler"},
	"fails on the sample":                         {failed: "samples", words: "no database"},
	"handles what it does not claim":              {failed: "unknown_command", words: "RESULT_UNSUPPORTED"},
	"refuses unknown keys":                        {failed: "unknown_keys", words: "ignore them"},
	"panics on odd bodies":                        {failed: "hostile_bodies", words: "panic: cannot read 0 bytes"},
	"hangs on odd bodies":                         {failed: "hostile_bodies", words: "an empty body: an ordinary callback was not answered"},
	"quotes odd bodies":                           {failed: "hostile_bodies", words: "no JSON: error_info quotes the body"},
	"answers odd bodies with gRPC errors":         {failed: "hostile_bodies", words: "where a result belongs"},
	"hangs when the time is over":                 {failed: "deadline", words: "callbacks whose deadline is over"},
	"hangs when cancelled":                        {failed: "cancel", words: "cancelled callbacks"},
	"keeps gRPC's limits":                         {failed: "size", words: "set it to 9437184 bytes"},
	"dies of big bodies":                          {failed: "size", words: "exit status 9"},
	"takes a hundred at once":                     {failed: "parallel", words: "busy"},
	"refuses all when many come":                  {failed: "parallel", words: "answered with failed"},
	"opens its stream in silence":                 {failed: "stream", words: "first sign of life"},
	"keeps an idle stream silent":                 {failed: "stream", words: "every 250ms"},
	"answers twice by stream":                     {failed: "stream", words: "sequence 7 is answered twice"},
	"answers otherwise by stream":                 {failed: "stream", words: "code 1 by stream"},
	"answers in bad form by stream":               {failed: "stream", words: `extra key "MsgBody"`},
	"forgets calls of a stream":                   {failed: "stream", words: "2 calls were never answered"},
	"leaves cancelled calls of a stream open":     {failed: "stream", words: "after a cancel"},
	"never ends its stream":                       {failed: "stream", words: "goes on sending heartbeats"},
	"fails at the end of its stream":              {failed: "stream", words: "ends it with OK"},
	"measures":                                    {},
	"measures, it says":                           {failed: "metrics", words: "CollectMetrics fails"},
	"measures in text":                            {failed: "metrics", words: "io.prometheus.client.MetricFamily"},
	"measures in the gateway's name":              {failed: "metrics", words: "the name switchhook_up begins"},
	"measures with the gateway's label":           {failed: "metrics", words: "the label plugin"},
	"measures without a total":                    {failed: "metrics", words: `should have "_total" suffix`},
	"measures in milliseconds":                    {failed: "metrics", words: `use base unit "seconds"`},
	"measures by account":                         {failed: "metrics", words: "64 callbacks Sns.CallbackBlackListAdd made 64 new series"},
	"measures by id":                              {failed: "metrics", words: "64 callbacks Sns.CallbackBlackListAdd made 64 new series"},
	"measures by address":                         {failed: "metrics", words: "made 64 new series"},
	"measures by group":                           {failed: "metrics", words: "64 callbacks Group.CallbackAfterGroupFull made 64 new series"},
	"measures by member of a list":                {failed: "metrics", words: "64 callbacks Follow.CallbackAfterFollowDelete made 64 new series"},
	"measures by time":                            {failed: "metrics", words: "64 callbacks Group.CallbackAfterGroupFull made 64 new series"},
	"measures by kind":                            {},
	"measures at a time of its own":               {failed: "metrics", words: "handled_total: a series has a timestamp"},
	"measures less than nothing":                  {failed: "metrics", words: "handled_total: a counter is -1"},
	"measures the same twice":                     {failed: "metrics", words: "handled_total: there are two series with the labels {command}"},
	"measures by what has no end":                 {failed: "metrics", words: "or its value is longer than the 64 and 256 bytes"},
	"measures too much":                           {failed: "metrics", words: "more than the 500 that a gateway shows"},
	"never drains":                                {failed: "drain", words: "Drain with a timeout"},
	"drains and says that calls remain":           {failed: "drain", words: "3 calls are still under way"},
	"goes on after Drain":                         {failed: "drain", words: "RESULT_OVERLOADED"},
	"ignores SIGTERM":                             {failed: "stop", words: "after SIGTERM"},
	"dies of SIGTERM":                             {failed: "stop", words: "SIGTERM kills it"},
	"exits with 3":                                {failed: "stop", words: "exit status 3"},
	"prints on standard output":                   {failed: "stdout", words: `"handled Sns.CallbackBlackListAdd`},
	"leaves its socket":                           {failed: "leftovers", words: "its socket plugin is still there"},
	"leaves a child":                              {failed: "leftovers", words: "processes that it started"},
	"needs no certificate, and is asked for none": {mtls: conformance.MTLSOff},
}

// dear are the checks that take two thirds of the time of all. Whoever fails another one
// is spared them, unless SWITCHHOOK_SOAK says that there is time.
var dear = []string{"size", "parallel", "stream", "metrics"}

func (m misbehaviour) spared() []string {
	if m.failed == "" || os.Getenv("SWITCHHOOK_SOAK") != "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(dear), func(name string) bool { return name == m.failed })
}

// Most of the time of a misbehaviour is spent waiting for what does not come, so
// several are tried at once, whatever the number of processors.
const atOnce = 12

func TestBadPluginFailsTheCheckThatIsMeant(t *testing.T) {
	t.Parallel()
	places := make(chan struct{}, atOnce)
	type outcome struct {
		report conformance.Report
		err    error
	}
	outcomes := map[string]chan outcome{}
	for mood, m := range misbehaviours {
		ended := make(chan outcome, 1)
		outcomes[mood] = ended
		o := conformance.Options{Program: inMood(t, mood), MTLS: m.mtls, InTime: calm}
		o.Spare(m.spared()...)
		if m.hasty {
			o.Patience = 100 * time.Millisecond
		}
		go func() {
			places <- struct{}{}
			defer func() { <-places }()
			report, err := conformance.Verify(context.Background(), o)
			ended <- outcome{report, err}
		}()
	}
	for mood, m := range misbehaviours {
		t.Run(strings.TrimSpace("bad plugin "+mood), func(t *testing.T) {
			t.Parallel()
			result := <-outcomes[mood]
			if result.err != nil {
				t.Fatal(result.err)
			}
			var want []string
			if m.failed != "" {
				want = []string{m.failed}
			}
			if diff := cmp.Diff(want, failed(result.report)); diff != "" {
				t.Errorf("failed checks:\n%s\n%s", diff, text(t, result.report))
			}
			if detail := check(t, result.report, m.failed).Detail; m.failed != "" && !strings.Contains(detail, m.words) {
				t.Errorf("%s says %q, want %q in it", m.failed, detail, m.words)
			}
			if result.report.OK != (m.failed == "") {
				t.Errorf("ok = %t", result.report.OK)
			}
		})
	}
}

// failed returns the names of the checks that failed.
func failed(r conformance.Report) []string {
	var names []string
	for _, c := range r.Checks {
		if c.Result == conformance.Failed {
			names = append(names, c.Name)
		}
	}
	return names
}

// check returns the first check of that name, or an empty one.
func check(t *testing.T, r conformance.Report, name string) conformance.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	return conformance.Check{}
}

func text(t *testing.T, r conformance.Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
