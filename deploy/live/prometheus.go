package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// startPrometheus starts Debian's program in dir. It scrapes the gateways as the
// snippet at scrape says, but once a second, evaluates rules, and tells alerts to
// the Alertmanager.
func startPrometheus(ctx context.Context, dir, scrape, rules, alertmanager string, gateways ...string) (*process, Server, error) {
	text, err := os.ReadFile(scrape) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, Server{}, fmt.Errorf("read scrape snippet: %w", err)
	}
	config, err := prometheusConfig(text, rules, alertmanager, gateways)
	if err != nil {
		return nil, Server{}, fmt.Errorf("read %s: %w", scrape, err)
	}
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "config.yaml"), config, 0o600)); err != nil {
		return nil, Server{}, fmt.Errorf("configure prometheus: %w", err)
	}
	p, err := run("prometheus", dir, nil, "--config.file=config.yaml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0")
	if err != nil {
		return nil, Server{}, err
	}
	address, err := p.listening(ctx)
	return p, Server{URL: "http://" + address}, err
}

// prometheusConfig makes a whole configuration of the snippet.
func prometheusConfig(snippet []byte, rules, alertmanager string, gateways []string) ([]byte, error) {
	var config map[string]any
	if err := yaml.Unmarshal(snippet, &config); err != nil {
		return nil, fmt.Errorf("parse YAML: %w", err)
	}
	jobs, _ := config["scrape_configs"].([]any)
	if len(jobs) != 1 {
		return nil, fmt.Errorf("%d scrape_configs, want one", len(jobs))
	}
	job, _ := jobs[0].(map[string]any)
	job["scrape_interval"], job["scrape_timeout"] = "1s", "1s"
	job["static_configs"] = []any{map[string]any{"targets": gateways}}
	config["global"] = map[string]any{"evaluation_interval": "1s"}
	config["rule_files"] = []string{rules}
	config["alerting"] = map[string]any{"alertmanagers": []any{
		map[string]any{"static_configs": []any{map[string]any{"targets": []string{alertmanager}}}},
	}}
	text, err := yaml.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return text, nil
}
