package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// crowd is how many connections the durable way is measured with: the more wait
	// for one commit, the less each pays for it.
	crowd = 256

	// The least of the sync way's requests/s, and the most of its p99, that the
	// project promises itself of the durable way.
	durableShare = 0.6
	durableLate  = 3.0

	keeping = "keeping" // its folders, and the name of its files
)

// startKeeping starts one gateway that is two rows: an app whose events the plugin
// answers, and one whose events are answered once they are on disk.
func (b *bench) startKeeping(ctx context.Context) error {
	if err := b.startGateway(ctx, rowSync, keeping); err != nil {
		return err
	}
	sync := &b.rows[len(b.rows)-1]
	sync.connections = crowd
	durable := *sync
	durable.name, durable.request = rowDurable, newRequest(keepingApp, command)
	if err := durable.request.try(ctx, durable.addr); err != nil {
		return fmt.Errorf("%s does not answer: %w", rowDurable, err)
	}
	b.rows = append(b.rows, durable)
	return nil
}

// waiting returns how many events the keeping gateway still has to deliver.
func (b *bench) waiting(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.keepingAdmin+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("ask for metrics: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask for metrics: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	n, found := 0, false
	for lines := bufio.NewScanner(io.LimitReader(res.Body, 64<<20)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if !strings.HasPrefix(name, "switchhook_inbox_messages{") || !strings.Contains(name, `state="ready"`) && !strings.Contains(name, `state="retry"`) {
			continue
		}
		count, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", lines.Text(), err)
		}
		n, found = n+int(count), true
	}
	if !found {
		return 0, fmt.Errorf("%s tells nothing of what waits", req.URL)
	}
	return n, nil
}

// longest is how long a backlog may take; the machine is too slow to measure then.
const longest = 15 * time.Minute

// drained waits until nothing waits any more, and looks each time at what it costs.
func (b *bench) drained(ctx context.Context, look ...func(waiting int) error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := b.waiting(ctx)
		if err != nil {
			return err
		}
		for _, f := range look {
			if err := f(n); err != nil {
				return err
			}
		}
		if n == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d events still wait: %w", n, ctx.Err())
		}
	}
}

// tell runs the command line against the keeping gateway.
func (b *bench) tell(ctx context.Context, args ...string) error {
	args = append(args, "--admin", filepath.Join(b.dir, keeping+"-data", "admin.sock"))
	if out, err := exec.CommandContext(ctx, filepath.Join(b.dir, "switchhook"), args...).CombinedOutput(); err != nil { //nolint:gosec // built by this program
		return fmt.Errorf("switchhook %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// judgeDurable prints what the disk costs, and returns what costs too much.
func judgeDurable(w io.Writer, medians map[string]sample) (low []string) {
	sync, durable := medians[rowSync], medians[rowDurable]
	share, late := durable.perSecond/sync.perSecond, float64(durable.p99)/float64(max(sync.p99, 1))
	_, _ = fmt.Fprintf(w, "%s / %s: %.2f (at least %.2f), p99 %.2f (at most %.2f)\n", rowDurable, rowSync, share, durableShare, late, durableLate)
	if share < durableShare {
		low = append(low, fmt.Sprintf("%s is %.2f of %s, less than %.2f", rowDurable, share, rowSync, durableShare))
	}
	if late > durableLate {
		low = append(low, fmt.Sprintf("the p99 of %s is %.2f times that of %s, more than %.2f", rowDurable, late, rowSync, durableLate))
	}
	return low
}
