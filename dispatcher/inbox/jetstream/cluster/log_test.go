package cluster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

func TestEveryEntryIsFollowedInOrderOnce(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	want := ids("e", 300)
	marks := appendAll(t, c, want...)
	got := read(t, c, 0, len(want))
	if diff := cmp.Diff(want, idsOf(got)); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
	for i, r := range got {
		if r.Mark != marks[i] {
			t.Fatalf("entry %d has mark %d, and was appended with %d", i, r.Mark, marks[i])
		}
	}
	if diff := cmp.Diff(event("e007", 100), got[7].Entry, protocmp.Transform()); diff != "" {
		t.Errorf("what was appended (-) and followed (+):\n%s", diff)
	}
	if got := read(t, c, marks[99], 200); got[0].ID != "e100" {
		t.Errorf("after e099 comes %s", got[0].ID)
	}
}

func TestTheSameIdIsTheSameEntry(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	first := appendOne(t, c, "a", event("a", 10))
	appendOne(t, c, "b", event("b", 10))
	if again := appendOne(t, c, "a", event("a", 10)); again != first {
		t.Errorf("the same id has mark %d, and had %d", again, first)
	}
	if got := read(t, c, 0, 2); len(got) != 2 {
		t.Errorf("the log has %v", idsOf(got))
	}
}

func TestAnEntryOfManyPartsIsOneEntry(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	appendAll(t, c, "before")
	big := event("big", 5<<20)
	mark := appendOne(t, c, "big", big)
	appendAll(t, c, "between")
	if again := appendOne(t, c, "big", big); again != mark {
		t.Errorf("the same id has mark %d, and had %d", again, mark)
	}
	appendAll(t, c, "after")
	got := read(t, c, 0, 4)
	if diff := cmp.Diff([]string{"before", "big", "between", "after"}, idsOf(got)); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
	if got[1].Mark != mark {
		t.Errorf("followed with mark %d, appended with %d", got[1].Mark, mark)
	}
	if !proto.Equal(big, got[1].Entry) {
		t.Error("it has become another")
	}
}

// An id that a batch has is found by a cluster, too: it goes another way there.
func TestAClusterKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	c := join(t, cluster.Options{Servers: servers.URLs()})
	big := event("big", 3<<20)
	mark := appendOne(t, c, "big", big)
	if again := appendOne(t, c, "big", big); again != mark {
		t.Errorf("the same id has mark %d, and had %d", again, mark)
	}
	want := append([]string{"big"}, appendAllIDs(t, c, "a", 20)...)
	leader := servers.Leader("SWITCHHOOK_LOG")
	leader.Kill()
	for _, id := range ids("b", 20) {
		appendStubbornly(t, c, id)
		want = append(want, id)
	}
	leader.Start()
	want = append(want, appendAllIDs(t, c, "c", 20)...)
	if diff := cmp.Diff(want, idsOf(read(t, c, 0, len(want)))); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
}
