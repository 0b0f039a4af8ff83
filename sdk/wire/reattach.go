package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	// Network and Address are those of the socket: "unix" and a path, or "tcp"
	// and an address of this machine alone. The link is in the clear.
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

// ReadReattach reads what [Reattach.Save] wrote. A plugin of another protocol is
// an error that names both versions.
func ReadReattach(file string) (Reattach, error) {
	var r Reattach
	raw, err := os.ReadFile(file) //nolint:gosec // whoever debugs names it
	if err != nil {
		return r, fmt.Errorf("read reattach file: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read reattach file %s: %w", file, err)
	}
	if r.Protocol != ProtocolVersion {
		return r, fmt.Errorf("the plugin behind %s speaks plugin protocol %d, this gateway speaks %d: build it with a matching SDK",
			file, r.Protocol, ProtocolVersion)
	}
	return r, nil
}
