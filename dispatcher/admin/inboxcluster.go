package admin

import "time"

// InboxCluster is the NATS cluster that gateways share an inbox in, as this one sees it.
type InboxCluster struct {
	// Prefix begins the names of all that the inbox is kept in.
	Prefix string `json:"prefix"`
	// Servers are those that the configuration names, without their users.
	Servers []string `json:"servers"`
	// Connected says whether a server has this gateway, since Since; Server is its name,
	// and Leader that of the one that leads the log, as far as somebody has asked.
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero"`
	Server    string    `json:"server,omitempty"`
	Leader    string    `json:"leader,omitempty"`
	// Reconnects counts the connections that were lost and found again.
	Reconnects uint64 `json:"reconnects"`
	// LastError is what went wrong last between the two; it stays when all is well again.
	LastError string `json:"last_error,omitempty"`
	// Problem says why the gateways have no inbox in common at the moment; empty where
	// they have.
	Problem string `json:"problem,omitempty"`
	// Mark is the entry of the log that this gateway has come to, of Last; what stands in
	// between is for LagMS milliseconds what it does not know.
	Mark  uint64  `json:"mark"`
	Last  uint64  `json:"last"`
	LagMS float64 `json:"lag_ms"`
	// LogBytes is what the log takes of LogMaxBytes on each server that has it.
	LogBytes    int64 `json:"log_bytes"`
	LogMaxBytes int64 `json:"log_max_bytes"`
	// SnapshotMark is the entry that the latest snapshot has come to, 0 without one, and
	// SnapshotAt when it was made, as far as this gateway knows.
	SnapshotMark uint64    `json:"snapshot_mark"`
	SnapshotAt   time.Time `json:"snapshot_at,omitzero"`
	// Claims counts what this gateway has in hand to deliver.
	Claims int `json:"claims"`
}
