package pluginhost_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/sdk/wire"
)

// confidingSchema is that of the plugins that tell their secrets.
const confidingSchema = `{
  "type": "object", "additionalProperties": false,
  "properties": {
    "token": {"type": "string", "writeOnly": true},
    "words": {"type": "array", "items": {"type": "string"}},
    "address": {"type": "string"},
    "mode": {"enum": ["", "refuse", "unwell"]}
  }
}`

// confiding is the part of its settings that such a plugin looks at.
type confiding struct {
	Token   string `json:"token"`
	Address string `json:"address"`
	Mode    string `json:"mode"`
}

// confide takes the settings, and keeps account of it in its data directory.
func (m *moody) confide(c wire.Configuration) error {
	call := "configured"
	if c.DryRun {
		call = "tried"
	}
	f, err := os.OpenFile(filepath.Join(c.DataDir, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	fmt.Fprintln(f, call) //nolint:errcheck // The test misses it.
	f.Close()             //nolint:errcheck // The test misses it.
	var s confiding
	if err := json.Unmarshal(c.Config, &s); err != nil {
		return err
	}
	if s.Mode == "refuse" {
		return fmt.Errorf("the server does not know the token %s", s.Token)
	}
	if !c.DryRun {
		m.settings.Store(&c)
		m.tell()
	}
	return nil
}

func (m *moody) confided() confiding {
	var s confiding
	if c := m.settings.Load(); c != nil {
		json.Unmarshal(c.Config, &s) //nolint:errcheck // Was read before.
	}
	return s
}

func (m *moody) token() string { return m.confided().Token }

// tell prints the secrets in the ways that programs do.
func (m *moody) tell() {
	s := m.confided()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	for _, secret := range []string{s.Token, s.Address} {
		fmt.Fprintln(os.Stderr, "raw", secret)
		fmt.Fprintf(os.Stderr, "quoted %q %+q\n", secret, secret)
		fmt.Fprintln(os.Stderr, "https://host/?token="+url.QueryEscape(secret))
		fmt.Fprintln(os.Stderr, "base64", base64.StdEncoding.EncodeToString([]byte(secret)))
		message := "structured " + secret
		log.Info(message, "token", secret, "both", []string{secret}) //nolint:sloglint // That is the mistake.
	}
	fmt.Fprintln(os.Stderr, "told")
}

// lament is unwell on demand, and says with which token.
func (m *moody) lament(context.Context) error {
	if s := m.confided(); s.Mode == "unwell" {
		if _, err := os.Stat(filepath.Join(m.settings.Load().DataDir, "unwell")); err == nil {
			return errors.New("no login with " + s.Token)
		}
	}
	return nil
}
