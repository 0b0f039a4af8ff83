package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// file writes size bytes that no compression makes smaller, and returns them and where.
func file(t *testing.T, seed uint64, size int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, size)
	for i, r := 0, rand.NewPCG(seed, 0); i < size; i++ {
		content[i] = byte(r.Uint64())
	}
	path = filepath.Join(t.TempDir(), "view.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

func TestASnapshotIsLoadedAsItWasSaved(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	if _, ok, err := c.Latest(t.Context()); ok || err != nil {
		t.Fatalf("there is a snapshot before the first: %t, %v", ok, err)
	}
	contents := map[uint64][]byte{}
	for mark := uint64(10); mark <= 50; mark += 10 {
		from, content := file(t, mark, 3<<20+int(mark))
		contents[mark] = content
		last := int64(0)
		err := c.Save(t.Context(), mark, from, func(done, total int64) {
			if done <= last || total != int64(len(content)) {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		})
		if err != nil || last != int64(len(content)) {
			t.Fatalf("save at %d: %d bytes, %v", mark, last, err)
		}
	}
	if mark, ok, err := c.Latest(t.Context()); mark != 50 || !ok || err != nil {
		t.Errorf("the latest is at %d: %t, %v", mark, ok, err)
	}
	for mark, want := range map[uint64]error{30: store.ErrNotFound, 40: nil, 50: nil} {
		to := filepath.Join(t.TempDir(), "loaded.db")
		if err := c.Load(t.Context(), mark, to, nil); !errors.Is(err, want) {
			t.Errorf("load the one at %d: %v, and %v is expected", mark, err, want)
			continue
		}
		if got, err := os.ReadFile(to); want == nil && !bytes.Equal(got, contents[mark]) {
			t.Errorf("what was loaded at %d is not what was saved: %v", mark, err)
		}
	}
}

// A gateway that was stopped while it made one may come with it when another has saved a
// newer one, and the log before that is gone.
func TestAnOlderSnapshotDoesNotReplaceANewerOne(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	from, _ := file(t, 1, 1<<10)
	if err := c.Save(t.Context(), 20, from, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Save(t.Context(), 10, from, nil); err == nil {
		t.Error("the one at 10 is saved behind the one at 20")
	}
	if mark, ok, err := c.Latest(t.Context()); mark != 20 || !ok || err != nil {
		t.Errorf("the latest is at %d: %t, %v", mark, ok, err)
	}
}

func TestASnapshotThatIsInterruptedDoesNotExist(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	from, _ := file(t, 1, 4<<20)
	if err := c.Save(t.Context(), 1, from, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Save(ctx, 2, from, func(done, _ int64) {
		if done > 2<<20 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("save: %v", err)
	}
	if mark, ok, err := c.Latest(t.Context()); mark != 1 || !ok || err != nil {
		t.Errorf("the latest is at %d: %t, %v", mark, ok, err)
	}
}

func TestWhatIsDamagedIsNotLoaded(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	from, _ := file(t, 1, 2<<20)
	if err := c.Save(t.Context(), 1, from, nil); err != nil {
		t.Fatal(err)
	}
	stream, err := client(t, node.URL()).Stream(t.Context(), "SWITCHHOOK_SNAPSHOTS")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "loaded.db")
	if err := c.Load(t.Context(), 1, to, nil); err == nil {
		t.Error("a snapshot without one of its chunks is loaded")
	}
	if files, _ := filepath.Glob(to + "*"); len(files) != 0 {
		t.Errorf("it leaves %v", files)
	}
}

// A snapshot that is being written, or read, when its leader is killed is whole or not
// there.
func TestASnapshotSurvivesItsLeader(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	c := join(t, cluster.Options{Servers: servers.URLs()})
	from, content := file(t, 1, 8<<20)
	kill := func() func(done, total int64) {
		leader, killed := servers.Leader("SWITCHHOOK_SNAPSHOTS"), false
		return func(done, total int64) {
			if done < total/2 || killed {
				return
			}
			leader.Kill()
			killed = true
			leader.Start()
		}
	}
	mark, progress := uint64(0), kill()
	for saved := false; !saved; {
		mark++
		saved = c.Save(t.Context(), mark, from, progress) == nil
	}
	if latest, ok, err := c.Latest(t.Context()); latest != mark || !ok || err != nil {
		t.Fatalf("the latest is at %d: %t, %v", latest, ok, err)
	}
	servers.Settled()
	to := filepath.Join(t.TempDir(), "loaded.db")
	progress = kill()
	if err := c.Load(t.Context(), mark, to, progress); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); !bytes.Equal(got, content) {
		t.Errorf("what was loaded is not what was saved: %v", err)
	}
}
