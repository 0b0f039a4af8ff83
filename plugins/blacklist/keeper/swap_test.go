package keeper_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/plugins/blacklist/keeper"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
)

func TestTheNextProcessKnowsWhatTheLastOneWrote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := []byte(`{"PairList":[{"From_Account":"a","To_Account":"b"}]}`)
	first := &running{sdktest.StartWith(t, keeper.Plugin(), sdktest.Options{DataDir: dir}), filepath.Join(dir, "blacklist.db")}
	second := &running{sdktest.StartWith(t, keeper.Plugin(), sdktest.Options{DataDir: dir}), first.path} // before the first ends, as in a swap
	if err := first.handle(sdk.Callback{ID: "c2", Command: remove, ReceivedAt: noon.Add(1), Body: body}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.handle(sdk.Callback{ID: "c1", Command: add, ReceivedAt: noon, Body: body}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a>b unblocked c2"}, second.rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestALockedFileIsWorthAnotherAttempt(t *testing.T) {
	t.Parallel()
	r := start(t, sdktest.Options{Config: `{"busy_timeout":"1ms"}`})
	db, err := sql.Open("sqlite", "file:"+r.path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	lock, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cb := sdk.Callback{ID: "c1", Command: add, ReceivedAt: noon, Body: []byte(`{"PairList":[{"From_Account":"a","To_Account":"b"}]}`)}
	if err := r.handle(cb); err == nil || !sdk.KindOf(err).Retryable() {
		t.Errorf("got %v, want a fault that may be tried again", err)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := r.handle(cb); err != nil {
		t.Errorf("the next attempt: %v", err)
	}
}

func TestHealthIsBadOnceTheFileIsGone(t *testing.T) {
	t.Parallel()
	r := start(t, sdktest.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.Healthy(ctx); err != nil {
		t.Fatalf("before: %v", err)
	}
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	if err := r.Healthy(ctx); err == nil {
		t.Error("the plugin is healthy without its file")
	}
}
