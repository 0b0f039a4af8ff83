package keeper

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

// config is the plugin's part of the gateway's file.
type config struct {
	Path        string `json:"path"         jsonschema:"the database file; a relative path starts at the plugin's data dir"`
	BusyTimeout string `json:"busy_timeout" jsonschema:"how long a write waits for another process's, such as 5s or 500ms"`
}

func defaults() config {
	return config{Path: "blacklist.db", BusyTimeout: store.DefaultBusyTimeout.String()}
}

// Validate says what is wrong with the settings, all of it at once.
func (c *config) Validate() error {
	var wrong []error
	if c.Path == "" {
		wrong = append(wrong, errors.New("path is empty"))
	}
	if _, err := c.busyTimeout(); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

func (c *config) busyTimeout() (time.Duration, error) {
	d, err := time.ParseDuration(c.BusyTimeout)
	if err != nil || d < time.Millisecond {
		return 0, fmt.Errorf("busy_timeout is %q, want a duration of at least 1ms, such as 5s", c.BusyTimeout)
	}
	return d, nil
}

// file returns where the database lies.
func (c *config) file(dataDir string) string {
	if filepath.IsAbs(c.Path) {
		return c.Path
	}
	return filepath.Join(dataDir, c.Path)
}
