package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Plugin is what `switchhook plugin ls` says of one.
type Plugin struct {
	Name     string    `json:"name"`
	State    string    `json:"state"`
	PID      int       `json:"pid"`
	Replicas []Replica `json:"replicas"`
}

// Replica is one of a plugin's processes.
type Replica struct {
	State string `json:"state"`
	PID   int    `json:"pid"`
}

// Plugins returns what the gateway says of its plugins.
func (g *Gateway) Plugins(ctx context.Context) ([]Plugin, error) {
	text, err := g.CLI(ctx, "plugin", "ls", "--output", "json")
	if err != nil {
		return nil, err
	}
	var list struct {
		Plugins []Plugin `json:"plugins"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read plugins: %w", err)
	}
	for i, p := range list.Plugins {
		if len(p.Replicas) == 0 {
			list.Plugins[i].Replicas = []Replica{{State: p.State, PID: p.PID}}
		}
	}
	return list.Plugins, nil
}

// Plugin returns what the gateway says of one plugin.
func (g *Gateway) Plugin(ctx context.Context, name string) (Plugin, error) {
	all, err := g.Plugins(ctx)
	for _, p := range all {
		if p.Name == name {
			return p, err
		}
	}
	return Plugin{}, errors.Join(err, fmt.Errorf("there is no plugin %s", name))
}

// CLI runs the command line against the gateway and returns what it prints.
func (g *Gateway) CLI(ctx context.Context, args ...string) ([]byte, error) {
	args = append(args, "--admin", filepath.Join(g.dir, "data", "admin.sock"))
	cmd := exec.CommandContext(ctx, filepath.Join(g.bin, "switchhook"), args...) //nolint:gosec // what was built before
	cmd.Dir = g.dir
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("switchhook %s: %w\n%s%s", strings.Join(args, " "), err, out, &problem)
	}
	return out, nil
}

// Metrics returns /metrics in the form that accept asks for, and its type.
func (g *Gateway) Metrics(ctx context.Context, accept string) (text []byte, kind string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.Admin+"/metrics", nil)
	if err != nil {
		return nil, "", fmt.Errorf("scrape: %w", err)
	}
	req.Header.Set("Accept", accept)
	g.scraping.Lock()
	defer g.scraping.Unlock()
	res, err := g.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("scrape: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err = io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s: %s", res.Status, text)
	}
	if err != nil {
		return nil, "", fmt.Errorf("scrape: %w", err)
	}
	return text, res.Header.Get("Content-Type"), nil
}

// Samples returns every series of /metrics by its name with labels.
func (g *Gateway) Samples(ctx context.Context) (map[string]float64, error) {
	text, _, err := g.Metrics(ctx, "text/plain")
	if err != nil {
		return nil, err
	}
	samples := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		if samples[line[:at]], err = strconv.ParseFloat(strings.TrimSpace(line[at:]), 64); err != nil {
			return nil, fmt.Errorf("read sample %q: %w", line, err)
		}
	}
	return samples, nil
}

// AwaitSample waits until a series of /metrics has at least that value.
func (g *Gateway) AwaitSample(ctx context.Context, series string, least float64) error {
	return g.process.await(ctx, fmt.Sprintf("%s is %v", series, least), func() bool {
		samples, err := g.Samples(ctx)
		value, ok := samples[series]
		return err == nil && ok && value >= least
	})
}
