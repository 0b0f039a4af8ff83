package app

import (
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/report"
)

// apart says why this gateway has no inbox in common with the others at the moment, and
// since when; empty where it has, and where it shares none.
func (a *App) apart() (why string, since time.Time) {
	if s := a.shared.Load(); s != nil {
		return s.Trouble()
	}
	return "", time.Time{}
}

// clusterView shows the cluster of an inbox that gateways share; nil for any other.
func (a *App) clusterView() *admin.InboxCluster {
	f := a.current()
	if !f.Inbox.Shared() {
		return nil
	}
	view := clusterOf(f)
	s := a.shared.Load()
	if s == nil {
		view.Since = a.started
		return view
	}
	st := s.Status()
	view.Connected, view.Since, view.Server, view.Leader = st.Connected, st.Since, st.Server, st.Leader
	view.Reconnects, view.LastError = st.Reconnects, st.LastError
	view.Problem, _ = s.Trouble()
	view.Mark, view.Last, view.LagMS = st.Mark, st.Last, report.Milliseconds(st.Lag)
	view.LogBytes, view.LogMaxBytes = st.LogBytes, st.LogMaxBytes
	view.SnapshotMark, view.SnapshotAt, view.Claims = st.SnapshotMark, st.SnapshotAt, st.Claims
	return view
}

// clusterOf is what the configuration says of the cluster.
func clusterOf(f *config.File) *admin.InboxCluster {
	view := &admin.InboxCluster{Prefix: f.Inbox.NATS.Prefix, LogMaxBytes: int64(f.Inbox.MaxBytes)}
	for _, s := range f.Inbox.NATS.Servers {
		view.Servers = append(view.Servers, s.String())
	}
	return view
}

// unopenedView shows an inbox that is not open.
func (a *App) unopenedView(why error) admin.InboxStatus {
	view := admin.InboxStatus{State: admin.InboxFailing, Problem: why.Error(), Since: a.started, DiskFreeBytes: -1, Cluster: a.clusterView()}
	if errors.Is(why, store.ErrFull) {
		view.State = admin.InboxFull
	}
	return view
}
