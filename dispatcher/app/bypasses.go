package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/durable"
)

// brakesFile stands in the data dir and holds the bypasses, so that a gateway that
// is started again in the middle of the night does not forget them.
const brakesFile = "brakes.json"

// bypasses are those that an operator has put in force. They are safe for concurrent
// use; who changes them holds App.change.
type bypasses struct {
	file string
	mu   sync.Mutex
	list []admin.Bypass
}

// kept is the content of the file.
type kept struct {
	Bypasses []admin.Bypass `json:"bypasses"`
}

// restore reads the file; without one there are no bypasses. What cannot be read is
// an error and no bypass: to ask the plugins again is safer than to guess.
func (b *bypasses) restore(now time.Time) error {
	raw, err := os.ReadFile(b.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var k kept
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		return fmt.Errorf("read %s: no bypass is in force any more, give `switchhook route bypass` again: %w", b.file, err)
	}
	var bad []string
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range k.Bypasses {
		if _, err := dispatcher.ParseDecision(one.Decision); err != nil || one.Command == "" || one.Until.Sub(now) > admin.MaxBypass {
			bad = append(bad, fmt.Sprintf("%q (%s until %s)", one.Command, one.Decision, one.Until.Format(time.RFC3339)))
			continue
		}
		if now.Before(one.Until) {
			b.list = append(b.list, one)
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("read %s: no such bypass can be, so it is not in force: %s", b.file, strings.Join(bad, ", "))
	}
	return nil
}

// inForce returns those that answer at this moment, by command and app.
func (b *bypasses) inForce(now time.Time) []admin.Bypass {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []admin.Bypass
	for _, one := range b.list {
		if now.Before(one.Until) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(x, y admin.Bypass) int {
		return strings.Compare(x.Command+" "+x.App, y.Command+" "+y.App)
	})
	return found
}

// add puts one in force and returns what it replaces.
func (b *bypasses) add(one admin.Bypass) (replaced []admin.Bypass, err error) {
	replaced = b.drop(func(x admin.Bypass) bool { return x.Command == one.Command && x.App == one.App })
	b.mu.Lock()
	b.list = append(b.list, one)
	b.mu.Unlock()
	return replaced, b.save()
}

// end takes those of a command away, or of one app where one is named.
func (b *bypasses) end(command, app string) (ended []admin.Bypass, err error) {
	ended = b.drop(func(x admin.Bypass) bool { return x.Command == command && (app == "" || x.App == app) })
	return ended, b.save()
}

// expire takes those away that are over.
func (b *bypasses) expire(now time.Time) (over []admin.Bypass, err error) {
	over = b.drop(func(x admin.Bypass) bool { return !now.Before(x.Until) })
	if len(over) == 0 {
		return nil, nil
	}
	return over, b.save()
}

func (b *bypasses) drop(which func(admin.Bypass) bool) (dropped []admin.Bypass) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var stay []admin.Bypass
	for _, one := range b.list {
		if which(one) {
			dropped = append(dropped, one)
			continue
		}
		stay = append(stay, one)
	}
	b.list = stay
	return dropped
}

// next returns when the first of them ends.
func (b *bypasses) next() (end time.Time, found bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, one := range b.list {
		if i == 0 || one.Until.Before(end) {
			end = one.Until
		}
	}
	return end, len(b.list) > 0
}

// save writes the file.
func (b *bypasses) save() error {
	b.mu.Lock()
	text, err := json.MarshalIndent(kept{Bypasses: append([]admin.Bypass{}, b.list...)}, "", "  ")
	b.mu.Unlock()
	if err == nil {
		err = durable.Replace(b.file, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", b.file, err)
	}
	return nil
}
