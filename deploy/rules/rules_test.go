// Package rules_test proves the rules of deploy/prometheus: that Prometheus
// takes them, that every alert fires, is silent and has its boundary where its
// unit tests say, that these tests notice any change of a threshold, and that
// every alert has a runbook. The unit tests are the YAML files beside it, and
// may be run by hand: promtool test rules deploy/rules/*.yaml.
package rules_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// base is where the runbooks are read. Every rule has it, and this is where
// they are held to one; deploy/README.md says how to change it.
const base = "https://github.com/switchhook/switchhook/blob/main/docs/runbooks/"

var (
	ruleFile = filepath.Join("..", "prometheus", "rules.yaml")
	runbooks = filepath.Join("..", "..", "docs", "runbooks")
)

// rule is a recording rule or an alert, as Prometheus spells it.
type rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

type group struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval,omitempty"`
	Rules    []rule `yaml:"rules"`
}

type groups struct {
	Groups []group `yaml:"groups"`
}

// load returns the rules of deploy/prometheus.
func load(t *testing.T) groups {
	t.Helper()
	var all groups
	decode(t, ruleFile, &all)
	for _, g := range all.Groups {
		for i, r := range g.Rules {
			// On one line, since an indented first line is written in a way that promtool cannot read.
			g.Rules[i].Expr = strings.Join(strings.Fields(r.Expr), " ")
		}
	}
	return all
}

// alerts returns the alerts by their names, each of which there is once.
func (g groups) alerts(t *testing.T) map[string]rule {
	t.Helper()
	found := map[string]rule{}
	for _, group := range g.Groups {
		for _, r := range group.Rules {
			if r.Alert == "" {
				continue
			}
			if _, twice := found[r.Alert]; twice {
				t.Errorf("two alerts are called %s", r.Alert)
			}
			found[r.Alert] = r
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no alert: this test cannot read it", ruleFile)
	}
	return found
}

// names returns the names of the alerts in order.
func names(alerts map[string]rule) []string { return slices.Sorted(maps.Keys(alerts)) }

// decode reads a YAML file, and wants no key that it does not know.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// write puts a value into a YAML file.
func write(t *testing.T, file string, value any) {
	t.Helper()
	data, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a program of Debian's packages, and returns all that it printed. The
// error is its exit code's.
func run(ctx context.Context, program, debian string, args ...string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s is needed, on Debian: apt-get install %s: %w", program, debian, err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out strings.Builder // one writer for both, so that they stay in order
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

func promtool(ctx context.Context, args ...string) (string, error) {
	return run(ctx, "promtool", "prometheus", args...)
}
