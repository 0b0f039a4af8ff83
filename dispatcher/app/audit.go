package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/durable"
)

const (
	// auditFile stands in the data dir: a JSON object a line, for every change.
	auditFile = "audit.log"
	// auditLimit is how large it may grow before it is put aside. One old file is
	// kept, so that the two hold some ten thousand changes.
	auditLimit = 4 << 20
	// auditError bounds what is kept of an error: a plugin may have printed much.
	auditError = 2 << 10
)

// The ways by which a change comes.
const (
	viaSocket = "socket"
	viaSignal = "signal"
	viaFile   = "file"
	viaClock  = "clock"
)

// auditLine is what is kept of a change.
type auditLine struct {
	At     time.Time         `json:"at"`
	Via    string            `json:"via"`
	User   string            `json:"user,omitempty"`
	UID    *int              `json:"uid,omitempty"`
	PID    int               `json:"pid,omitempty"`
	What   string            `json:"what"`
	Target string            `json:"target,omitempty"`
	Args   map[string]string `json:"args,omitempty"`
	OK     bool              `json:"ok"`
	Error  string            `json:"error,omitempty"`
	Result any               `json:"result,omitempty"`
	TookMS int64             `json:"took_ms"`
}

// auditSocket takes note of a change that came through the admin socket.
func (a *App) auditSocket(ctx context.Context, c admin.Audited) {
	line := lineOf(viaSocket, c)
	if c.Peer != (admin.Peer{}) {
		line.User, line.UID, line.PID = c.Peer.User, &c.Peer.UID, c.Peer.PID
	}
	a.audit(ctx, line)
}

// auditOwn takes note of a change that nobody asked the socket for: by a signal, a
// changed file, or the clock.
func (a *App) auditOwn(ctx context.Context, via string, c admin.Audited) {
	a.audit(ctx, lineOf(via, c))
}

func lineOf(via string, c admin.Audited) auditLine {
	line := auditLine{
		At: c.At.UTC(), Via: via, What: c.What, Target: c.Target, Args: c.Args,
		OK: c.Err == nil, Result: c.Result, TookMS: c.Took.Milliseconds(),
	}
	if c.Err != nil {
		text := c.Err.Error()
		line.Error = strings.ToValidUTF8(text[:min(len(text), auditError)], "")
	}
	return line
}

// audit logs the change and appends it to the audit file. What cannot be written
// there does not undo the change: a brake has to work on a full disk.
func (a *App) audit(ctx context.Context, line auditLine) {
	uid := -1
	if line.UID != nil {
		uid = *line.UID
	}
	a.log.InfoContext(ctx, "audit", "via", line.Via, "user", line.User, "uid", uid, "pid", line.PID,
		"what", line.What, "target", line.Target, "args", line.Args, "ok", line.OK, "err", line.Error, "took_ms", line.TookMS)
	if err := a.audits.append(line); err != nil {
		a.log.ErrorContext(ctx, "audit file not written", "file", a.audits.path, "err", err)
	}
}

// auditLog is the audit file. It is opened for each line, since changes are rare: so
// another program may move it away at any time.
type auditLog struct {
	mu    sync.Mutex
	path  string
	limit int64
}

// append adds a line and returns when it is on the disk.
func (l *auditLog) append(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode the audit: %w", err)
	}
	text = append(text, '\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh, err := l.makeRoom(int64(len(text)))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the audit file: %w", err)
	}
	if torn(f) {
		text = append([]byte{'\n'}, text...)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil && fresh {
		err = durable.SyncDir(filepath.Dir(l.path))
	}
	if err != nil {
		return fmt.Errorf("write the audit file: %w", err)
	}
	return nil
}

// torn reports whether the last line has no end: a full disk or a power cut has cut
// it off, and the next line must not be lost with it.
func torn(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return err == nil && last[0] != '\n'
}

// makeRoom puts the file aside when it would grow beyond its limit, and reports
// whether there is none now.
func (l *auditLog) makeRoom(size int64) (fresh bool, err error) {
	info, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at the audit file: %w", err)
	case info.Size() == 0 || info.Size()+size <= l.limit:
		return false, nil
	}
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return false, fmt.Errorf("put the audit file aside: %w", err)
	}
	return true, nil
}
