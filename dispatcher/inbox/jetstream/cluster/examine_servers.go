package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// maxSkew is by how much clocks may differ. Duplicates are told by the clock of whoever
// commits, and retries fall due by it.
const maxSkew = 5 * time.Second

// serverInfo is how a server shows itself in what it answers.
type serverInfo struct {
	Server struct {
		Name      string    `json:"name"`
		Version   string    `json:"ver"`
		JetStream bool      `json:"jetstream"`
		Time      time.Time `json:"time"`
	} `json:"server"`
	Data struct {
		Store         int64 `json:"storage"`
		ReservedStore int64 `json:"reserved_storage"`
		Config        struct {
			MaxStore     int64         `json:"max_storage"`
			SyncAlways   bool          `json:"sync_always"`
			SyncInterval time.Duration `json:"sync_interval"`
		} `json:"config"`
	} `json:"data"`
}

// gather asks all servers at once, and returns what came.
func (c *Cluster) gather(ctx context.Context, subject string) ([]serverInfo, error) {
	inbox := c.nc.NewRespInbox()
	sub, err := c.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says only that there is nothing to see
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := c.nc.PublishRequest(subject, inbox, nil); err != nil {
		return nil, err //nolint:wrapcheck // likewise
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var answers []serverInfo
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return answers, nil
		}
		if m.Header.Get("Status") == "503" {
			return nil, nats.ErrNoResponders
		}
		var info serverInfo
		if json.Unmarshal(m.Data, &info) == nil && info.Server.Name != "" {
			answers = append(answers, info)
		}
	}
}

func (c *Cluster) examineServers(r *Report, peers []peer) {
	for _, p := range peers {
		check := "server " + p.url
		switch {
		case errors.Is(p.err, ErrDenied), errors.Is(p.err, ErrTLS), errors.Is(p.err, ErrConfig):
			r.add(check, Failed, "%v", p.err)
			continue
		case p.err != nil:
			r.add(check, Warning, "does not answer: %v", p.err)
			continue
		case tooOld(p.version):
			r.add(check, Failed, "%s is %s: upgrade it to %d.%d or later", p.name, p.version, needMajor, needMinor)
		case !p.jetstream:
			r.add(check, Warning, "%s is %s and has no JetStream: it passes on what others keep", p.name, p.version)
		default:
			r.add(check, OK, "%s is %s, with JetStream", p.name, p.version)
		}
		p.examineClock(r)
	}
}

func (p *peer) examineClock(r *Report) {
	check := "clock of " + p.name
	if p.time.IsZero() {
		r.add(check, Unknown, "it does not tell its time: the user may not ask $SYS.REQ.ACCOUNT.PING.STATZ, or the servers have no system account")
		return
	}
	early, late := p.time.Sub(p.answered), p.time.Sub(p.asked) // the truth lies between
	switch {
	case early > maxSkew:
		r.add(check, Warning, "it is ahead of this machine's by %v at least: let both keep time (NTP)", early.Round(time.Millisecond))
	case late < -maxSkew:
		r.add(check, Warning, "it is behind this machine's by %v at least: let both keep time (NTP)", (-late).Round(time.Millisecond))
	default:
		r.add(check, OK, "it differs from this machine's by %v at most", max(-early, late).Round(time.Millisecond))
	}
}

// examineSync looks whether the servers write to the disk before they say that they
// have. They tell the system account alone, unless an operator lets others ask.
func (c *Cluster) examineSync(r *Report, peers []peer, answers []serverInfo) {
	if len(answers) == 0 {
		r.add("sync_interval", Unknown, "the servers show it to the system account alone. Look whether each has `sync_interval: always` in its jetstream block: "+
			"`nats server request jetstream` with a system user has sync_always, or let this account import $SYS.REQ.SERVER.PING.JSZ. "+
			"Without it, a power cut of a majority of the servers at once loses what was accepted in the last two minutes")
		return
	}
	for _, a := range answers {
		switch {
		case a.Data.Config.SyncAlways:
			r.add("sync_interval of "+a.Server.Name, OK, "always")
		case a.Server.JetStream:
			r.add("sync_interval of "+a.Server.Name, Failed, "%v: a power cut of a majority of the servers at once loses what was accepted since: "+
				"set `sync_interval: always` in its jetstream block", a.Data.Config.SyncInterval)
		}
	}
	for _, p := range peers {
		told := slices.ContainsFunc(answers, func(a serverInfo) bool { return a.Server.Name == p.name })
		if p.err == nil && p.jetstream && !told {
			r.add("sync_interval of "+p.name, Unknown, "it has not told: export $SYS.REQ.SERVER.PING.JSZ with `response: stream`, or look yourself")
		}
	}
}
