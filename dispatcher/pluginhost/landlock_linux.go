package pluginhost

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// What a kernel's Landlock must be able to do before it counts: an older one lets a
// plugin empty files that it may not write, or knows nothing of the network.
const (
	landlockFiles   = 3 // Linux 6.2
	landlockNetwork = 4 // Linux 6.7
	landlockRefer   = 2 // Linux 5.19
)

// landlockVersion is what the kernel can do, as a number; zero means no Landlock.
func landlockVersion() int {
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	return version
}

// enforce shuts the process out of what l does not list, on all its threads, and
// returns what is in force.
func (l *Landlock) enforce() ([]string, error) {
	have, need, linux := landlockVersion(), landlockFiles, "6.2"
	if !l.Network {
		need, linux = landlockNetwork, "6.7"
	}
	if have < need && !l.BestEffort {
		return nil, cannot("isolation.landlock needs version %d of the kernel's Landlock, and this kernel has %d (0 is none): take Linux %s "+
			"or newer, booted with landlock among lsm=, or set isolation.landlock.best_effort: true to take what there is", need, have, linux)
	}
	rules, err := l.rules(have)
	if err != nil {
		return nil, err
	}
	config := landlock.V11
	if l.Network {
		config.HandledAccessNet = 0
	}
	// Above what must be, the newest kernel shuts the most.
	if err := config.BestEffort().Restrict(rules...); err != nil {
		return nil, cannot("enforce isolation.landlock: %w", err)
	}
	words := []string{fmt.Sprintf("landlock=v%d", have)}
	if have == 0 {
		words = []string{"landlock=none"}
	}
	if !l.Network && have >= landlockNetwork {
		words = append(words, "network=off")
	}
	return words, nil
}

// rules are the paths that are left.
func (l *Landlock) rules(version int) ([]landlock.Rule, error) {
	rules := []landlock.Rule{landlock.RWFiles(os.DevNull)}
	for _, path := range l.Read {
		folder, err := isFolder("read", path)
		switch {
		case err != nil:
			return nil, err
		case folder:
			rules = append(rules, landlock.RODirs(path))
		default:
			rules = append(rules, landlock.ROFiles(path))
		}
	}
	for _, path := range l.Write {
		folder, err := isFolder("write", path)
		rule := landlock.RWFiles(path)
		if folder {
			rule = landlock.RWDirs(path)
		}
		if folder && version >= landlockRefer {
			rule = rule.WithRefer() // files may be moved from folder to folder
		}
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule.WithResolveUnix()) // sockets in there may be connected to
	}
	return rules, nil
}

func isFolder(key, path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, cannot("isolation.landlock.%s: %w", key, err)
	}
	return info.IsDir(), nil
}
