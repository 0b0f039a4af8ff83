package checks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// floors is the house: every room and the floor it stands on. Imports go down
// only. depguard in .golangci.yml says the same import by import; here it is
// said once for all rooms, those that come later too.
var floors = map[string]int{
	"internal/chatter":         0,
	"internal/leaktest":        0,
	"internal/twin":            0,
	"sdk/wire/wirepb":          0,
	"sdk":                      1,
	"sdk/imevent/samples":      1,
	"sdk/imevent":              2,
	"sdk/wire":                 2,
	"sdk/serve":                3,
	"sdk/sdkmetrics":           3,
	"sdk/conformance":          3,
	"sdk/sdktest":              3,
	"dispatcher/report":        3,
	"dispatcher/durable":       3,
	"dispatcher/logging":       3,
	"sdk/sdktrace":             3,
	"dispatcher":               4,
	"dispatcher/verdict":       4,
	"dispatcher/signature":     4,
	"plugins":                  4,
	"dispatcher/gateway":       5,
	"dispatcher/pluginhost":    5,
	"dispatcher/inbox":         5,
	"dispatcher/admin":         5,
	"dispatcher/config":        5,
	"dispatcher/scaffold":      5,
	"dispatcher/source":        5,
	"dispatcher/sender":        5,
	"dispatcher/pluginmetrics": 5,
	"dispatcher/tracing":       5,
	"dispatcher/doctor":        6,
	"dispatcher/workshop":      6,
	"dispatcher/app":           6,
	"dispatcher/cli":           7,
	"cmd/switchhook":           8,
	"cmd/bench":                8,
}

// beside are the imports between two rooms of one floor that are meant.
var beside = map[string][]string{
	"sdk/wire":    {"sdk/imevent"}, // the lane of a command follows from its phase
	"sdk/sdktest": {"sdk/serve"},   // it drives a serve.Plugin
}

// onlyFrom are rooms that few may import, whatever their floor.
var onlyFrom = map[string][]string{
	"sdk/wire/wirepb":   {"sdk/wire", "sdk/sdktest", "sdk/conformance", "cmd/bench"},
	"sdk/wire":          {"sdk/serve", "sdk/sdktest", "sdk/conformance", "dispatcher/pluginhost", "cmd/bench"},
	"dispatcher/config": {"dispatcher/app", "dispatcher/cli"},
	"plugins":           {},
}

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./...") {
		from, ok := room(p.ImportPath)
		if !ok {
			t.Errorf("%s stands on no floor: add its room to floors, and a rule to .golangci.yml", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if to, ours := room(imported); ours && !allowed(from, to) {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go down only, and see onlyFrom",
					p.ImportPath, floor(from), imported, floor(to))
			}
		}
	}
}

// What is linked in the end is more than what is imported by hand.
func TestLinksOnlyWhatItsUsersPayFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		of      string
		foreign bool // may link modules that are not ours
		not     []string
		notOf   string // begins the paths of foreign packages that must not be linked
	}{
		"the sdk is the standard library alone":       {of: "./sdk", not: []string{"sdk/", "dispatcher"}},
		"the events are the standard library alone":   {of: "./sdk/imevent/...", not: []string{"sdk/wire", "sdk/serve", "dispatcher"}},
		"a plugin holds nothing of the gateway":       {of: "./plugins/...", foreign: true, not: []string{"dispatcher", "cmd"}},
		"who measures nothing pays for no Prometheus": {of: "./sdk/serve", foreign: true, not: []string{"sdk/sdkmetrics"}, notOf: "github.com/prometheus/"},
		"a plugin pays for no traces it has not":      {of: "./plugins/blacklist", foreign: true, notOf: "go.opentelemetry.io/"},
		"nor does what its tests use":                 {of: "./sdk/sdktest", foreign: true, notOf: "go.opentelemetry.io/"},
		"the gateway holds no plugin":                 {of: "./cmd/switchhook", foreign: true, not: []string{"plugins", "sdk/serve", "sdk/sdktest"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			linked := packages(t, "-deps", test.of)
			if len(linked) < 2 {
				t.Fatalf("%s links %d packages: the pattern names nothing", test.of, len(linked))
			}
			for _, p := range linked {
				path, ours := strings.CutPrefix(p.ImportPath, module+"/")
				if !ours && !p.Standard && !test.foreign {
					t.Errorf("%s links %s", test.of, p.ImportPath)
				}
				if test.notOf != "" && strings.HasPrefix(p.ImportPath, test.notOf) {
					t.Errorf("%s links %s", test.of, p.ImportPath)
				}
				if ours && slices.ContainsFunc(test.not, func(not string) bool { return strings.HasPrefix(path, not) }) {
					t.Errorf("%s links %s", test.of, p.ImportPath)
				}
			}
		})
	}
}

// room returns the room that a package of ours belongs to: a folder of a room
// is part of it, and each plugin is a room.
func room(importPath string) (string, bool) {
	path, ours := strings.CutPrefix(importPath, module+"/")
	if !ours {
		return "", false
	}
	if strings.HasPrefix(path, "plugins/") {
		parts := strings.SplitN(path, "/", 3)
		return parts[0] + "/" + parts[1], true
	}
	for at := path; at != ""; at = at[:max(0, strings.LastIndexByte(at, '/'))] {
		// A folder of sdk or dispatcher is a room of its own, not a part of theirs.
		if _, ok := floors[at]; ok && (at == path || at != "sdk" && at != "dispatcher") {
			return at, true
		}
	}
	return "", false
}

func floor(room string) int {
	if strings.HasPrefix(room, "plugins/") {
		return floors["plugins"]
	}
	return floors[room]
}

func allowed(from, to string) bool {
	if from == to {
		return true
	}
	restricted := to
	if strings.HasPrefix(to, "plugins/") {
		restricted = "plugins"
	}
	if importers, ok := onlyFrom[restricted]; ok && !slices.Contains(importers, from) {
		return false
	}
	return floor(to) < floor(from) || slices.Contains(beside[from], to)
}

// goPackage is what go list says of a package.
type goPackage struct {
	ImportPath string   `json:"ImportPath"`
	Imports    []string `json:"Imports"`
	Standard   bool     `json:"Standard"`
}

func packages(t *testing.T, args ...string) []goPackage {
	t.Helper()
	args = append([]string{"list", "-json=ImportPath,Imports,Standard"}, args...)
	dec := json.NewDecoder(bytes.NewReader(goCommand(t, args...)))
	var all []goPackage
	for {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
