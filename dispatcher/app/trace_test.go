package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/cli"
)

const (
	sent     = "C2C.CallbackAfterSendMsg" // an event whose body proves that it is one
	sentBody = `{"CallbackCommand":"` + sent + `","From_Account":"` + alice + `","To_Account":"b","MsgKey":"1_2_3","MsgId":"m",
		"MsgSeq":1,"MsgRandom":2,"MsgTime":3,"EventTime":4,"SendMsgResult":0}`
)

// story is the story of one callback, as the admin socket tells it.
func (r *rig) story(id string) (story admin.Trace) {
	r.t.Helper()
	r.ask(func(ctx context.Context, c *admin.Client) error {
		list, err := c.Trace(ctx, admin.TraceQuery{Of: id})
		if len(list.Callbacks) == 1 {
			story = list.Callbacks[0]
		}
		return err
	})
	return story
}

// wantStory runs the command, whose answer has to say each part, and nothing that a user
// said.
func (r *rig) wantStory(of string, parts ...string) string {
	r.t.Helper()
	text := r.wantRun(cli.ExitOK, "trace", of)
	r.wantSaid("trace", text, parts...)
	for _, hush := range []string{alice, words, shopToken, "192.0.2.1"} {
		if strings.Contains(text, hush) {
			r.t.Errorf("the story tells %q:\n%s", hush, text)
		}
	}
	return text
}

// Every fate of a callback is told by the command, from one gateway that remembers eight.
func TestTheStoryOfACallback(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "admin: {recent: 8, pprof: true}\nroutes:\n  "+gesture+": {timeout: 200ms, on_failure: deny}\n  "+sent+": {handlers: [obedient]}\n")
	r.install("obedient", "obedient")
	r.start()
	if out := r.wantRun(cli.ExitNothing, "trace", "0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a"); !strings.Contains(out, "has let no callback in") {
		t.Errorf("an id that nobody knows: %s", out)
	}

	// Decisions: a plugin's, twice, and the policy's after a time.
	refused, again := r.send(decision, "refuse"), r.send(decision, "refuse")
	r.wantStory(refused.id, "the Sign holds", "attempt 1  obedient  rejected", "ErrorCode 10100, as plugin obedient decided")
	key := r.story(refused.id).Key
	both := r.wantStory(key, refused.id, again.id)
	if strings.Index(both, again.id) > strings.Index(both, refused.id) {
		t.Errorf("the latest does not come first:\n%s", both)
	}
	late := r.send(gesture, "wait")
	r.wantStory(late.id, "attempt 1  obedient  timeout", "ErrorCode 120001, as on_failure decided, no plugin")

	// Events: one that fails, one that is dead, one that came twice.
	failed := r.send(greeting, "fail")
	r.want("an event that will fail", failed, okReply)
	eventually(t, "there is a second attempt", func() bool { return len(r.story(failed.id).Steps) > 1 })
	r.wantStory(failed.id, "on disk, for obedient", "attempt 1", "attempt 2", "told to fail", "retry")
	dead := r.send(greeting, "answer an illegal code")
	eventually(t, "it is a dead letter", func() bool {
		copies := r.story(dead.id).Copies
		return len(copies) == 1 && copies[0].State == "dead"
	})
	r.wantStory(dead.id, "attempt 1", "bad_reply", "dead letter")
	first, second := r.post(r.query(shopApp, sent, shopToken), []byte(sentBody)), r.post(r.query(shopApp, sent, shopToken), []byte(sentBody))
	r.wantStory(second.id, "duplicate", "not delivered again")
	r.wantStory(r.story(second.id).Key, first.id, second.id, "it waits for its turn")

	// Requests that went no further: one with a body that nobody can read is remembered,
	// and one that anybody could send is not.
	broken := r.post(r.query(shopApp, greeting, shopToken), []byte("{"))
	r.wantStory(broken.id, "HTTP 400", "bad_json")
	if forged := r.post(r.query(shopApp, greeting, "not the token"), []byte("{}")); forged.status != http.StatusForbidden || forged.id != "" {
		t.Errorf("a forged request: %s, called %q", forged, forged.id)
	}
	r.wantStory(refused.id, "rejected") // eight later ones push it out, and the forged one was none

	r.wantRedacted(failed.id, key)
	if code, text := r.get("/debug/pprof/goroutine?debug=1"); code != http.StatusOK || !strings.Contains(text, "goroutine profile") {
		t.Errorf("a profile is %d %s", code, text)
	}
	for range 8 {
		r.send(decision, "")
	}
	r.wantSaid("an id that is remembered no more", r.wantRun(cli.ExitNothing, "trace", refused.id), "the latest 8 callbacks (admin.recent), back to ")
	r.wantStory(failed.id, "how it was answered is not remembered here", "retry")
}

// wantRedacted checks what other machines are told of a callback that failed.
func (r *rig) wantRedacted(id, key string) {
	r.t.Helper()
	code, text := r.get("/api/v1/trace?of=" + id)
	var list admin.TraceList
	if err := json.Unmarshal([]byte(text), &list); err != nil || code != http.StatusOK || len(list.Callbacks) != 1 {
		r.t.Fatalf("%d %s (%v)", code, text, err)
	}
	if c := list.Callbacks[0]; c.Key != "" || len(c.Steps) < 2 || c.Steps[0].Outcome != "failed" || strings.Contains(text, "told to fail") {
		r.t.Errorf("TCP tells %s", text)
	}
	if code, _ := r.get("/api/v1/trace?of=" + url.QueryEscape(key)); code != http.StatusForbidden {
		r.t.Errorf("a key over TCP is %d", code)
	}
}
