package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// AttachKey is the environment variable that has a plugin wait for a gateway
// rather than be started by one. Its value is the path of the file that tells
// gateways where it waits; see [Reattach].
const AttachKey = "SWITCHHOOK_ATTACH"

// Reattach says where a plugin that somebody started by hand, under a debugger
// most likely, waits for a gateway. It is kept in a file that only its owner may
// read, and that is there for as long as the plugin runs.
type Reattach struct {
	// Protocol is the plugin's [ProtocolVersion].
	Protocol int `json:"protocol"`
	// Plugin is the plugin's own name.
	Plugin string `json:"plugin"`
	// Network and Address are those of the socket: "unix" and a path. The link is
	// in the clear.
	Network string `json:"network"`
	Address string `json:"address"`
	// PID is the process, for people.
	PID int `json:"pid"`
}

// Save writes r to file in one step, for its owner alone.
func (r Reattach) Save(file string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode reattach file: %w", err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write reattach file: %w", err)
	}
	_, err = fresh.Write(append(raw, '\n'))
	if err = errors.Join(err, fresh.Close()); err == nil {
		err = os.Rename(fresh.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write reattach file: %w", errors.Join(err, os.Remove(fresh.Name())))
	}
	return nil
}

// maxReattach is what a reattach file may have, in bytes: far more than Save
// writes.
const maxReattach = 64 << 10

// ReadReattach reads what [Reattach.Save] wrote, if nobody but user (a uid) can
// have written it: the file decides who gets the callbacks. A plugin of another
// protocol is an error that names both versions; so is an address that is no
// unix socket's, since only there the system says who listens, see [CheckPeer].
// It waits for nothing, whatever the file is.
func ReadReattach(file string, user int) (Reattach, error) {
	var r Reattach
	raw, err := readOwn(file, user)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read reattach file %s: %w", file, err)
	}
	if r.Protocol != ProtocolVersion {
		return r, fmt.Errorf("the plugin behind %s speaks plugin protocol %d, this gateway speaks %d: build it with a matching SDK",
			file, r.Protocol, ProtocolVersion)
	}
	if r.Network != "unix" {
		return r, fmt.Errorf("%s names %s %s: only a unix socket will do", file, r.Network, r.Address)
	}
	return r, nil
}

// readOwn reads a small regular file of user's. What is checked is what is read:
// the path is followed once.
func readOwn(file string, user int) ([]byte, error) {
	// Without O_NONBLOCK, opening a FIFO waits for somebody to write into it.
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0) //nolint:gosec // whoever debugs names it
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("read reattach file: %s is a symbolic link: name the file itself", file)
	}
	if err != nil {
		return nil, fmt.Errorf("read reattach file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read reattach file: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("read reattach file: %s is no regular file (mode %s)", file, info.Mode())
	case !ok || int(owner.Uid) != user:
		return nil, fmt.Errorf("%s is another user's: it decides who gets the callbacks", file)
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("%s can be written by others (mode %s): it decides who gets the callbacks", file, info.Mode().Perm())
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxReattach+1))
	if err != nil {
		return nil, fmt.Errorf("read reattach file: %w", err)
	}
	if len(raw) > maxReattach {
		return nil, fmt.Errorf("read reattach file: %s has more than %d bytes", file, maxReattach)
	}
	return raw, nil
}
