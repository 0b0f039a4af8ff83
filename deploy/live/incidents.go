package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// incidents are what a stream does not bring about, each once, and each waits
// until it is over.
func (d *driver) incidents(ctx context.Context) error {
	for _, incident := range []struct {
		name  string
		makes func(context.Context) error
	}{
		{"a full disk", d.fillDisk},
		{"a full inbox", d.fillInbox},
		{"dead letters", d.deadLetters},
		{"a callback that ends processes", d.poison},
		{"odd requests", d.oddRequests},
		{"forged commands", d.forge},
		{"duplicates", d.duplicates},
		{"a route without room", d.fillRoute},
		{"a plugin without room", d.fillPlugin},
		{"plugins that are killed", d.kill},
		{"a plugin that is frozen", d.freeze},
		{"what was begun", d.settle},
		{"reloads", d.reload},
	} {
		if err := incident.makes(ctx); err != nil {
			return fmt.Errorf("%s: %w", incident.name, err)
		}
	}
	return nil
}

// deadLetters sends events that fail until nobody tries them any more.
func (d *driver) deadLetters(ctx context.Context) error {
	for range 10 {
		if err := d.store(ctx, message(failing, "fail", d.serial.Add(1))); err != nil {
			return err
		}
		d.ledger.add(Entry{Of: "dead"}, 0)
	}
	return nil
}

// poison sends an event that ends the process that handles it, again and again.
func (d *driver) poison(ctx context.Context) error {
	d.ledger.add(Entry{Of: "dead"}, 0)
	return d.store(ctx, message(failing, "exit", d.serial.Add(1)))
}

func (d *driver) oddRequests(ctx context.Context) error {
	without := func(names ...string) func(*callback) {
		return func(c *callback) {
			c.alter = func(q url.Values) {
				for _, name := range names {
					q.Del(name)
				}
			}
		}
	}
	var faults []error
	for range 3 {
		faults = append(faults,
			d.refused(ctx, "auth", "wrong_app_id", 403, with2("SdkAppid", "1400000002")),
			d.refused(ctx, "auth", "missing_signature", 403, without("Sign")),
			d.refused(ctx, "auth", "bad_timestamp", 403, with2("RequestTime", "now")),
			d.refused(ctx, "rejected", "bad_command", 400, with2("CallbackCommand", "a\nb")),
			d.refused(ctx, "probes", "", 200, without("SdkAppid", "CallbackCommand")),
		)
		mismatched := telling(decided, "")
		mismatched.body = strings.Replace(mismatched.body, decided, ruled, 1)
		d.ledger.add(Entry{Of: "mismatches"}, 0)
		faults = append(faults, d.expect(ctx, mismatched, "ok"))
	}
	return errors.Join(faults...)
}

// forge sends 500 commands that somebody made up, signed as they should be.
func (d *driver) forge(ctx context.Context) error {
	before, err := d.gateway.Samples(ctx)
	if err != nil {
		return err
	}
	for i := range 500 {
		c := telling(fmt.Sprintf("Forged.CallbackAfterNumber%d", i), "")
		got, err := d.gateway.send(ctx, c)
		if err != nil || got.status != http.StatusOK {
			return fmt.Errorf("a forged command is answered %d: %w", got.status, err)
		}
		d.ledger.add(Entry{"callbacks", "other", "unrouted"}, 0)
	}
	after, err := d.gateway.Samples(ctx)
	for series := range after {
		if _, ok := before[series]; !ok && strings.Contains(series, "Forged") {
			err = errors.Join(err, fmt.Errorf("a forged command has made the series %s", series))
		}
	}
	return err
}

// duplicates sends one event again and again.
func (d *driver) duplicates(ctx context.Context) error {
	event := d.mailed("")
	for i := range 6 {
		if err := d.store(ctx, event); err != nil {
			return err
		}
		if i > 0 {
			d.ledger.add(Entry{"duplicates", mailed, ""}, 0)
		}
	}
	return nil
}

// fillRoute has one callback hold the only place of its route while others come.
func (d *driver) fillRoute(ctx context.Context) error { return d.crowd(ctx, narrow, 1) }

// fillPlugin has as many callbacks as the plugin takes of one command.
func (d *driver) fillPlugin(ctx context.Context) error { return d.crowd(ctx, crowded, 8) }

// crowd has so many callbacks hold all places until their time is over, and sends
// more meanwhile.
func (d *driver) crowd(ctx context.Context, command string, places int) error {
	held := make(chan error, places)
	for range places {
		go func() { held <- d.expect(ctx, telling(command, "wait"), "timeout") }()
	}
	err := d.gateway.AwaitSample(ctx, fmt.Sprintf("switchhook_callbacks_in_flight{command=%q}", command), float64(places))
	for range 10 {
		if err == nil {
			err = d.expect(ctx, telling(command, ""), "overloaded")
		}
	}
	for range places {
		err = errors.Join(err, <-held)
	}
	return err
}

// kill ends processes of mailer, and one of steady while it has much to do.
func (d *driver) kill(ctx context.Context) error {
	for range 2 {
		if err := d.killed(ctx, "mailer"); err != nil {
			return err
		}
		// What arrives without a process waits for one.
		if err := d.store(ctx, d.mailed("")); err != nil {
			return err
		}
	}
	const rush = 12
	sent := make(chan error, rush)
	for range rush {
		go func() {
			var err error
			for range 20 {
				if err == nil {
					err = d.expect(ctx, telling(decided, ""), "ok")
				}
			}
			sent <- err
		}()
	}
	err := d.gateway.AwaitSample(ctx, fmt.Sprintf("switchhook_callbacks_in_flight{command=%q}", decided), rush/2)
	if err == nil {
		err = d.killed(ctx, "steady")
	}
	for range rush {
		err = errors.Join(err, <-sent)
	}
	return err
}

func (d *driver) killed(ctx context.Context, name string) error {
	d.ledger.add(Entry{Of: "kills", Outcome: name}, 0)
	return d.gateway.Kill(ctx, name)
}

// Kill ends a process of a plugin that takes callbacks, by its id, once there is
// one: what the gateway tells of may have ended already.
func (g *Gateway) Kill(ctx context.Context, name string) error {
	return g.signal(ctx, name, syscall.SIGKILL)
}

func (g *Gateway) signal(ctx context.Context, name string, s syscall.Signal) error {
	return g.process.await(ctx, name+" runs", func() bool {
		p, err := g.Plugin(ctx, name)
		if err != nil {
			return false
		}
		i := slices.IndexFunc(p.Replicas, func(r Replica) bool { return r.State == "ready" })
		// Process 1 and what is below it are never a plugin's.
		return i >= 0 && p.Replicas[i].PID > 1 && syscall.Kill(p.Replicas[i].PID, s) == nil
	})
}

// freeze stops one process of steady until it is left out and replaced: the other
// one answers for it.
func (d *driver) freeze(ctx context.Context) error {
	if err := d.gateway.signal(ctx, "steady", syscall.SIGSTOP); err != nil {
		return err
	}
	return d.gateway.AwaitSample(ctx, `switchhook_plugin_ejections_total{plugin="steady"}`, 1)
}

// reload has the gateway take its file again, and refuse one.
func (d *driver) reload(ctx context.Context) error {
	if _, err := d.gateway.CLI(ctx, "config", "reload"); err != nil {
		return err
	}
	if err := d.gateway.write("switchhook.yaml", "listen: 1\nnonsense: yes\n"); err != nil {
		return err
	}
	if _, err := d.gateway.CLI(ctx, "config", "reload"); err == nil {
		return errors.New("a broken file is taken")
	}
	if err := d.gateway.write("switchhook.yaml", fmt.Sprintf(config, app)); err != nil {
		return err
	}
	_, err := d.gateway.CLI(ctx, "config", "reload")
	return err
}

// fillDisk takes away what the small file system has left, where there is one.
func (d *driver) fillDisk(ctx context.Context) error {
	if !d.stand.Mounted {
		return nil
	}
	ballast := filepath.Join(d.gateway.dir, "data", "ballast")
	defer os.Remove(ballast)        //nolint:errcheck // removed below, where nothing fails
	file, err := os.Create(ballast) //nolint:gosec // the stand's own directory
	if err != nil {
		return fmt.Errorf("fill disk: %w", err)
	}
	for block := make([]byte, 1<<20); err == nil; {
		_, err = file.Write(block)
	}
	_ = file.Close() // full as it is
	if err := d.gateway.AwaitSample(ctx, `switchhook_inbox_state{state="full"}`, 1); err != nil {
		return err
	}
	if err := os.Remove(ballast); err != nil {
		return fmt.Errorf("give room: %w", err)
	}
	return d.gateway.AwaitSample(ctx, `switchhook_inbox_state{state="ok"}`, 1)
}

// fillInbox sends large events that wait, since their plugin is disabled, until no
// more are taken.
func (d *driver) fillInbox(ctx context.Context) error {
	if _, err := d.gateway.CLI(ctx, "plugin", "disable", "blacklist"); err != nil {
		return err
	}
	padding := strings.Repeat("x", 300<<10)
	var group sync.WaitGroup
	faults := make([]error, 2)
	for i := range faults {
		group.Go(func() {
			for range 60 {
				if faults[i] = d.store(ctx, d.listed(padding)); faults[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if err := errors.Join(append(faults, d.gateway.AwaitSample(ctx, `switchhook_inbox_state{state="full"}`, 1))...); err != nil {
		return err
	}
	// It passes so quickly that no scrape might see it.
	if err := d.stand.Firing(ctx, "SwitchhookInboxNotAccepting", nil); err != nil {
		return err
	}
	if _, err := d.gateway.CLI(ctx, "plugin", "enable", "blacklist"); err != nil {
		return err
	}
	return d.gateway.AwaitSample(ctx, `switchhook_inbox_state{state="ok"}`, 1)
}

// settle waits until the dead letters are dead and mailer runs: what a reload starts
// is not restarted after a crash.
func (d *driver) settle(ctx context.Context) error {
	const dead = `switchhook_inbox_completed_total{result="dead"}`
	return errors.Join(
		d.gateway.AwaitSample(ctx, dead, float64(d.ledger.Count(Entry{Of: "dead"}))),
		d.gateway.AwaitSample(ctx, `switchhook_plugin_up{plugin="mailer"}`, 1),
		d.gateway.AwaitSample(ctx, `switchhook_plugin_replicas{plugin="steady",state="ready"}`, 2),
	)
}
