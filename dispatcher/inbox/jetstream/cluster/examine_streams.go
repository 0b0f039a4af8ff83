package cluster

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func (c *Cluster) examineStreams(ctx context.Context, r *Report) {
	for _, wanted := range c.streams() {
		if slices.Contains(c.missing, wanted.Name) {
			c.examineMissing(r, wanted)
			continue
		}
		check := "stream " + wanted.Name
		info, err := c.info(ctx, wanted.Name)
		if err != nil {
			r.add(check, Failed, "%v", err)
			continue
		}
		found := differences(wanted, info.Config)
		for _, d := range found {
			r.add(check, Failed, "%s is %s and has to be %s: %s", d.Field, d.Found, d.Wanted, d.Do)
		}
		if len(found) == 0 {
			r.add(check, OK, "%d messages in %d bytes; it is as it has to be, acknowledged when it is written (persist_mode %v)",
				info.State.Msgs, info.State.Bytes, info.Config.PersistMode)
		}
		replicas(check, info, r)
	}
}

// replicas looks whether each replica has what the leader has.
func replicas(check string, info *jetstream.StreamInfo, r *Report) {
	check = "replicas of " + strings.TrimPrefix(check, "stream ")
	if info.Config.Replicas < 3 {
		r.add(check, Warning, "there is one: the loss of its disk loses everything: set inbox.nats.replicas to 3 before anything is kept")
		return
	}
	if info.Cluster == nil || info.Cluster.Leader == "" {
		r.add(check, Failed, "it has no leader: a majority of its servers has to be up")
		return
	}
	current := 1
	for _, p := range info.Cluster.Replicas {
		switch {
		case p.Offline:
			r.add(check, Warning, "%s is offline", p.Name)
		case !p.Current:
			r.add(check, Warning, "%s has not got all yet: it lacks %d operations, and was heard of %v ago", p.Name, p.Lag, p.Active.Round(time.Millisecond))
		default:
			current++
		}
	}
	switch {
	case current >= info.Config.Replicas:
		r.add(check, OK, "%s leads, and all %d have everything", info.Cluster.Leader, current)
	case current <= info.Config.Replicas/2:
		r.add(check, Failed, "%d of %d have everything: nothing is accepted without a majority", current, info.Config.Replicas)
	default:
		r.add(check, Warning, "%d of %d have everything: bring the others back before one more is lost", current, info.Config.Replicas)
	}
}

// examineRoom looks how much more there is room for.
func (c *Cluster) examineRoom(ctx context.Context, r *Report) {
	if info, err := c.info(ctx, c.names.logStream()); err == nil && info.Config.MaxBytes > 0 {
		used := float64(info.State.Bytes) / float64(info.Config.MaxBytes)
		state, do := OK, ""
		if used > 0.75 {
			state, do = Warning, ": find out what waits (`switchhook inbox stats`), or raise inbox.max_bytes"
		}
		r.add("room in the log", state, "%d of %d bytes are used (%.0f %%)%s", info.State.Bytes, info.Config.MaxBytes, 100*used, do)
	}
	account, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := c.js.AccountInfo(account)
	if err != nil {
		r.add("room in the account", Unknown, "%v", c.api("ask for the account", err))
		return
	}
	limit, used := a.Limits.MaxStore, a.Store
	for name, tier := range a.Tiers {
		if strings.HasPrefix(name, "R") && tier.Limits.MaxStore != 0 {
			limit, used = tier.Limits.MaxStore, tier.Store
		}
	}
	if limit <= 0 {
		r.add("room in the account", OK, "it has no limit; %d bytes are used", used)
	} else {
		state, do := OK, ""
		if used > uint64(limit)/4*3 {
			state, do = Warning, ": raise the account's limit, since a full one refuses callbacks whatever inbox.max_bytes says"
		}
		r.add("room in the account", state, "%d of %d bytes are used%s", used, limit, do)
	}
	r.add("room on the servers' disks", Unknown, "servers tell it to nobody: keep %d bytes for the log on each, and as much again for snapshots and compaction",
		c.options.MaxBytes)
}
