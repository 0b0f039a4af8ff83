package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/report"
)

// clusterText says how the cluster is that gateways share an inbox in, and that the
// numbers are of all of them.
func clusterText(c admin.InboxCluster) string {
	var text strings.Builder
	fmt.Fprintf(&text, "shared in the NATS cluster as %s: these are the numbers of all gateways, IN FLIGHT excepted\n", c.Prefix)
	if c.Connected {
		leader := ", the log's leader is %s"
		if c.Problem != "" {
			leader = ", the log's leader was %s"
		}
		fmt.Fprintf(&text, "connected to %s since %s%s\n", c.Server, stamp(c.Since), told(leader, c.Leader))
	} else {
		fmt.Fprintf(&text, "NOT CONNECTED since %s%s%s\n", stamp(c.Since), told(" to %s", strings.Join(c.Servers, ", ")), told(": %s", c.LastError))
	}
	if c.Problem != "" {
		fmt.Fprintf(&text, "PROBLEM %s\n", c.Problem)
	}
	fmt.Fprintf(&text, "%s; the log takes %s of %s%s; %s in hand here\n", behind(c), size(c.LogBytes), size(c.LogMaxBytes), snapshotText(c), plural(c.Claims, "claim"))
	return text.String()
}

// behind says how far this gateway is behind the log.
func behind(c admin.InboxCluster) string {
	if c.Mark >= c.Last {
		return fmt.Sprintf("this gateway has all of the log, to %d", c.Mark)
	}
	lag := time.Duration(c.LagMS * float64(time.Millisecond))
	return fmt.Sprintf("this gateway is %s behind the log, at %d of %d", report.Round(lag), c.Mark, c.Last)
}

func snapshotText(c admin.InboxCluster) string {
	if c.SnapshotMark == 0 {
		return ", without a snapshot yet"
	}
	at := ""
	if !c.SnapshotAt.IsZero() {
		at = ", made " + stamp(c.SnapshotAt)
	}
	return fmt.Sprintf(", with a snapshot to %d%s", c.SnapshotMark, at)
}

// told puts words around what is there, and is nothing where it is not.
func told(format, what string) string {
	if what == "" {
		return ""
	}
	return fmt.Sprintf(format, what)
}
