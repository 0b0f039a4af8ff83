package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Before 2.15, batches of several messages are not to be relied on.
const needMajor, needMinor = 2, 15

// tooOld reports whether a server's version is one that we do not rely on.
func tooOld(version string) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return true
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 != nil || err2 != nil || major < needMajor || major == needMajor && minor < needMinor
}

// peer is a server as it showed itself.
type peer struct {
	url, name, version string
	jetstream          bool
	err                error

	// What it said of the time, and when it was asked and had answered; zero for nothing.
	time, asked, answered time.Time
}

// peers asks every server that we know of who it is.
func (c *Cluster) peers(ctx context.Context) []peer {
	servers := slices.Clone(c.options.Servers)
	for _, s := range c.nc.DiscoveredServers() {
		if !slices.ContainsFunc(servers, func(known string) bool { return shown(known) == shown(s) }) {
			servers = append(servers, c.options.asUs(s))
		}
	}
	return c.peersOf(ctx, servers)
}

// peersOf asks servers who they are.
func (c *Cluster) peersOf(ctx context.Context, servers []string) []peer {
	found := make([]peer, len(servers))
	var wg sync.WaitGroup
	for i, server := range servers {
		wg.Go(func() { found[i] = c.peer(ctx, server) })
	}
	wg.Wait()
	return found
}

// asUs gives a server that others have told us of the user that the configuration has in its
// URLs, as the connection itself does.
func (o Options) asUs(server string) string {
	u, err := url.Parse(withScheme(server))
	if err != nil || u.User != nil {
		return server
	}
	for _, known := range o.Servers {
		if k, err := url.Parse(withScheme(known)); err == nil && k.User != nil {
			u.User = k.User
			return u.String()
		}
	}
	return server
}

func (c *Cluster) peer(ctx context.Context, server string) peer {
	p := peer{url: shown(server)}
	options, err := c.options.identity()
	if err != nil {
		p.err = err
		return p
	}
	options = append(options, nats.Name(c.options.Name+" asks for the version"), nats.Timeout(dialTimeout),
		nats.NoReconnect(), nats.IgnoreDiscoveredServers())
	nc, err := connect(ctx, []string{server}, options)
	if err != nil {
		p.err = c.options.refusal(server, err)
		return p
	}
	defer nc.Close()
	p.name, p.version = nc.ConnectedServerName(), nc.ConnectedServerVersion()
	p.jetstream, _ = nc.ConnectedServerJetStream()
	p.askTime(nc)
	return p
}

// askTime asks for the time, in what the account's users may ask a server. The first
// answer alone comes through, and it may be another server's.
func (p *peer) askTime(nc *nats.Conn) {
	for range 5 {
		asked := time.Now()
		answer, err := nc.Request("$SYS.REQ.ACCOUNT.PING.STATZ", nil, time.Second)
		if err != nil {
			return
		}
		var info serverInfo
		if json.Unmarshal(answer.Data, &info) == nil && info.Server.Name == p.name {
			p.time, p.asked, p.answered = info.Server.Time, asked, time.Now()
			return
		}
	}
}

// checkVersions refuses servers that are too old: the one that has us, and each other
// that answers.
func (c *Cluster) checkVersions(ctx context.Context) error {
	known := append(c.peers(ctx), peer{url: shown(c.nc.ConnectedUrl()), name: c.nc.ConnectedServerName(), version: c.nc.ConnectedServerVersion()})
	for _, p := range known {
		if p.err == nil && tooOld(p.version) {
			return fmt.Errorf("inbox.nats.servers: %w: %s (%s) is %s: upgrade every server to %d.%d or later",
				ErrTooOld, p.name, p.url, p.version, needMajor, needMinor)
		}
	}
	return nil
}

// checkJetStream sees whether the account has JetStream. Of a cluster that does not say, the
// error says which servers answer.
func (c *Cluster) checkJetStream(ctx context.Context) error {
	err := c.waitForJetStream(ctx)
	if errors.Is(err, ErrUnreachable) && ctx.Err() == nil {
		if missing := missing(c.peers(ctx)); missing != "" {
			return fmt.Errorf("inbox.nats.servers: %s: %w", missing, err)
		}
	}
	return err
}

// missing says which servers do not answer, where some do and some do not.
func missing(peers []peer) string {
	var there, gone []string
	for _, p := range peers {
		if p.err == nil {
			there = append(there, p.name)
		} else {
			gone = append(gone, p.url)
		}
	}
	if len(gone) == 0 || len(there) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d servers answer (%s), and JetStream needs more than half of them: start what is at %s",
		len(there), len(peers), strings.Join(there, ", "), strings.Join(gone, " and "))
}

// waitForJetStream asks until there is an answer. Servers that have only just started, or have
// no leader, do not know it yet.
func (c *Cluster) waitForJetStream(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		attempt, stop := context.WithTimeout(ctx, 2*time.Second)
		_, err := c.js.AccountInfo(attempt)
		stop()
		there, _ := c.nc.ConnectedServerJetStream()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
			return fmt.Errorf("inbox.nats: %w: the account of the user has none: enable it for the account, or name a user of another", ErrNoJetStream)
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled) && !there:
			return fmt.Errorf("inbox.nats.servers: %w: %s runs without: start the servers with jetstream enabled",
				ErrNoJetStream, c.nc.ConnectedServerName())
		case c.state.denial() != "" || ctx.Err() != nil:
			return c.api("inbox.nats: ask for the account", err)
		}
		select {
		case <-ctx.Done():
			return c.api("inbox.nats: ask for the account", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
