package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// pluginNotes say below the table what has no room in it: what serves is not what
// the file is, what an operator has put in force, and what is not sent any more.
func pluginNotes(w io.Writer, plugins []admin.Plugin) error {
	var text strings.Builder
	for _, p := range plugins {
		if p.Drift != "" {
			fmt.Fprintf(&text, "DRIFT %s: %s\n", p.Name, p.Drift)
		}
		for _, brake := range p.Brakes {
			fmt.Fprintf(&text, "BRAKE %s: %s%s\n", p.Name, brake, release(p, brake))
		}
		if len(p.Parked) > 0 {
			fmt.Fprintf(&text, "PARKED %s: %s not sent to it any more\n", p.Name, plural(len(p.Parked), "callback"))
		}
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(w, "\n"+text.String())
	return err //nolint:wrapcheck // print wraps it for every table.
}

// release is what to type against a brake, where one command does it.
func release(p admin.Plugin, brake string) string {
	switch brake {
	case pluginDisabled:
		return "; switchhook plugin enable " + p.Name + " ends it"
	case pluginRolledBack:
		return "; switchhook plugin reload " + p.Name + " takes up what its file is"
	default:
		return ""
	}
}

// pluginDetail is what is shown below the table when one plugin was asked for.
func pluginDetail(w io.Writer, p admin.Plugin) error {
	if _, err := io.WriteString(w, "\n"+facts(p)); err != nil {
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	if len(p.Replicas) > 0 {
		rows := make([][]string, len(p.Replicas))
		for i, r := range p.Replicas {
			rows[i] = []string{
				strconv.Itoa(r.Number), r.State, stamp(r.Since), pid(r.PID), shortHash(r.SHA256),
				strconv.Itoa(r.InFlight), strconv.Itoa(r.Restarts), note(r),
			}
		}
		head := []string{"REPLICA", "STATE", "SINCE", "PID", "SHA256", "IN FLIGHT", "RESTARTS", "NOTE"}
		if err := printTable(w, head, rows); err != nil {
			return err
		}
	}
	if len(p.Parked) == 0 {
		return nil
	}
	rows := make([][]string, len(p.Parked))
	for i, x := range p.Parked {
		rows[i] = []string{x.ID, x.Command, x.App, strconv.Itoa(x.Deaths), stamp(x.Since)}
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	return printTable(w, []string{"PARKED", "COMMAND", "APP", "DEATHS", "LAST"}, rows)
}

// facts are the plugin's program and what its processes are kept from, a line each.
func facts(p admin.Plugin) string {
	var text strings.Builder
	for _, fact := range [][2]string{
		{"program", strings.TrimSpace(p.Path + " " + sha(p.SHA256))},
		{"since", stamp(p.Since)},
		{"isolation", strings.Join(p.Isolation, ", ")},
	} {
		if fact[1] != "" {
			fmt.Fprintf(&text, "%s: %s\n", fact[0], fact[1])
		}
	}
	return text.String()
}

func sha(sum string) string {
	if sum == "" {
		return ""
	}
	return "sha256 " + sum
}

// note is what is to be said of one process.
func note(r admin.Replica) string {
	if r.Ejected != "" {
		return "gets no callbacks: " + r.Ejected
	}
	if r.Strays > 0 && r.Error == "" {
		return fmt.Sprintf("has sent %d answers that nobody waits for", r.Strays)
	}
	return r.Error
}

// readiness is how many of the plugin's processes take callbacks.
func readiness(p admin.Plugin) string {
	if len(p.Replicas) == 0 {
		return ""
	}
	ready := 0
	for _, r := range p.Replicas {
		if r.State == pluginReady && r.Ejected == "" {
			ready++
		}
	}
	return fmt.Sprintf("%d/%d", ready, len(p.Replicas))
}

// state is the plugin's state, with what is out of the ordinary about it.
func state(p admin.Plugin) string {
	var marks []string
	if p.Detail != "" {
		marks = append(marks, p.Detail)
	}
	for _, brake := range p.Brakes {
		if word, _, _ := strings.Cut(brake, " "); word != p.State { // one that is disabled need not say so twice
			marks = append(marks, word)
		}
	}
	if p.Drift != "" {
		marks = append(marks, "drift")
	}
	if len(marks) == 0 {
		return p.State
	}
	return p.State + " (" + strings.Join(slices.Compact(marks), ", ") + ")"
}

// stamp is a time as the log writes it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
