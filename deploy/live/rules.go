package live

import (
	"fmt"
	"os"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Rule is one of deploy/prometheus/rules.yaml.
type Rule struct {
	// Record or Alert is its name; the other is empty.
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Name is what the rule is called.
func (r Rule) Name() string { return r.Alert + r.Record }

type ruleFile struct {
	Groups []struct {
		Name     string `yaml:"name"`
		Interval string `yaml:"interval,omitempty"`
		Rules    []Rule `yaml:"rules"`
	} `yaml:"groups"`
}

// ReadRules returns all rules of a file, in its order.
func ReadRules(path string) ([]Rule, error) {
	file, err := readRuleFile(path)
	var all []Rule
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all, err
}

func readRuleFile(path string) (file ruleFile, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return file, fmt.Errorf("read rules: %w", err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return file, fmt.Errorf("read rules %s: %w", path, err)
	}
	return file, nil
}

// memory is how far back an alert of a hastened file looks at most.
const memory = 30 * time.Second

// Hasten writes a file of rules anew, so that alerts come and go within a minute:
// every group is evaluated as often as Prometheus likes, no alert waits, and none
// looks back for more than 30 seconds. Recording rules, matchers, operators and
// thresholds stay as they are.
func Hasten(from, to string) error {
	file, err := readRuleFile(from)
	if err != nil {
		return err
	}
	for g := range file.Groups {
		group := &file.Groups[g]
		group.Interval = ""
		for r := range group.Rules {
			rule := &group.Rules[r]
			if rule.Alert == "" {
				continue
			}
			rule.For = ""
			if rule.Expr, err = forgetful(rule.Expr); err != nil {
				return fmt.Errorf("alert %s: %w", rule.Alert, err)
			}
		}
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	return nil
}

func forgetful(expr string) (string, error) {
	tree, err := parse(expr)
	if err != nil {
		return "", err
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if m, ok := node.(*parser.MatrixSelector); ok {
			m.Range = min(m.Range, memory)
		}
		return nil
	})
	return tree.String(), nil
}

func parse(expr string) (parser.Expr, error) { //nolint:ireturn // the parser's own
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	return tree, nil
}
