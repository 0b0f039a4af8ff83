package cluster

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// displaced says why a cluster has no place for a stream, as it describes it: what its
// servers that are up have against it, one after the other. It is empty where servers that
// are down, or not heard of yet, might have one: those are waited for.
func displaced(wanted jetstream.StreamConfig, described string) string {
	_, reasons, _ := strings.Cut(described, "no suitable peers for placement")
	has := func(reason string) bool { return strings.Contains(reasons, ", "+reason) }
	switch {
	case has("peer offline"), has("miscellaneous issue"), has("jetstream not enabled"):
		return ""
	case has("insufficient storage"):
		return fmt.Sprintf("inbox.max_bytes: %d on each of %d servers is more than their max_file_store leaves: "+
			"raise that, or lower inbox.max_bytes", wanted.MaxBytes, wanted.Replicas)
	case has("server tag not unique"):
		return fmt.Sprintf("inbox.nats.replicas: %d, and the servers' unique_tag is of fewer kinds: give each server a tag of its own", wanted.Replicas)
	case has("exclude tag set"), has("tags not matched"), has("tags excluded"):
		return fmt.Sprintf("inbox.nats.replicas: %d, and tags keep streams off too many of the servers (!jetstream, or what the account places by): "+
			"take them away, or add servers", wanted.Replicas)
	default:
		return ""
	}
}
