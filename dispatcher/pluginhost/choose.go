package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
)

// named is the path that the configuration, or the plugin directory, has for the
// plugin.
func (p plan) named() string {
	if p.configured != "" {
		return p.configured
	}
	return p.path
}

// divert has p run from the path that a reload gave it, for as long as the
// configuration names the same path as then and does not pin another program.
func (p plan) divert(r record) plan {
	pinned := p.pin != "" && p.pin != r.SHA256
	if r.served() && r.Configured == p.path && r.Path != p.path && !pinned && p.reattach == "" {
		p.configured, p.path = p.path, r.Path
	}
	return p
}

// diverted applies divert to every plan. A program that a plugin was reloaded from
// lies in the plugin directory and is not a second plugin.
func diverted(plans []plan, recall func(name string) (record, bool)) []plan {
	taken := make([]os.FileInfo, 0, len(plans))
	after := make([]plan, 0, len(plans))
	for _, p := range plans {
		if r, known := recall(p.name); known {
			p = p.divert(r)
		}
		if p.configured != "" {
			if info, err := os.Stat(p.path); err == nil {
				taken = append(taken, info)
			}
		}
		after = append(after, p)
	}
	return slices.DeleteFunc(after, func(p plan) bool {
		info, err := os.Stat(p.path)
		return p.found && p.configured == "" && err == nil &&
			slices.ContainsFunc(taken, func(t os.FileInfo) bool { return os.SameFile(t, info) })
	})
}

// choice is what to run at a start of the gateway.
type choice struct {
	// file says that the file as it is now is tried first.
	file bool
	// kept is the hash of the program to run else, or if the file does not come up;
	// empty where there is none.
	kept string
}

// choose decides what p runs at a start of the gateway, by what served last and by
// the hash of its file, empty for one that cannot be read. A file that is new is
// tried; one that was given up is not; and one that is gone costs nothing while a
// copy is kept.
func choose(p plan, r record, fileSHA string) choice {
	_, passed := r.passed(fileSHA)
	switch {
	case !r.served(), r.InPlace, p.inPlace, p.pin != "" && p.pin != r.SHA256:
		return choice{file: true}
	case fileSHA == "", passed && fileSHA != r.SHA256:
		return choice{kept: r.SHA256}
	case fileSHA == r.SHA256:
		return choice{file: true}
	default:
		return choice{file: true, kept: r.SHA256}
	}
}

// candidates returns the programs to try at a start of the gateway, the best first:
// at most the file as it is now and the copy of what served last. What cannot be
// made ready is logged and left out; the error is why there is none.
func (s store) candidates(p plan, r record, log *slog.Logger) ([]program, error) {
	sum, err := hashProgram(p.path)
	if err != nil {
		sum = ""
	}
	var all []program
	var problems []error
	add := func(prog program, err error) {
		if err != nil {
			problems = append(problems, err)
			return
		}
		all = append(all, prog)
	}
	c := choose(p, r, sum)
	if c.file {
		add(s.stage(p))
	}
	if c.kept != "" {
		prog, err := s.kept(p.name, c.kept)
		prog.path = r.Path
		add(prog, err)
	}
	if len(all) == 0 && !c.file {
		add(s.stage(p)) // what was given up is better than nothing
	}
	err = errors.Join(problems...)
	if len(all) == 0 {
		return nil, err
	}
	if err != nil {
		log.Warn("program not used", "err", err)
	}
	return all, nil
}

// fresh reports whether the file of a plugin that runs is one to take up without
// being told to: another program, and not one that was given up.
func (r record) fresh(serving program, fileSHA string) bool {
	_, passed := r.passed(fileSHA)
	return fileSHA != "" && fileSHA != serving.sha256 && !passed
}

// refuses reports whether the file is one that is not taken up for as long as it is
// as it is.
func (r record) refuses(p plan, serving program, fileSHA string) bool {
	_, passed := r.passed(fileSHA)
	return fileSHA != "" && fileSHA != serving.sha256 && (passed || p.pin != "" && p.pin != fileSHA)
}

// drift says how the program that p runs is not what p's file is, and why; it is empty
// where it is. state is where its processes are in their life. The file's hash, or why
// there is none, is the caller's.
func drift(p plan, prog program, state State, r record, fileSHA string, err error) string {
	now := whatServes(prog, state)
	switch passed, given := r.passed(fileSHA); {
	case errors.Is(err, fs.ErrNotExist):
		return "the file is missing; " + now
	case err != nil:
		return fmt.Sprintf("the file cannot be read (%v); %s", err, now)
	case fileSHA == prog.sha256 && p.configured == "":
		return ""
	case fileSHA == prog.sha256:
		return fmt.Sprintf("it was reloaded from %s, and the configuration names %s", p.path, p.configured)
	case p.pin != "" && p.pin != fileSHA:
		return fmt.Sprintf("the file is %s, which plugins.%s.sha256 does not allow; %s", short(fileSHA), p.name, now)
	case given:
		return fmt.Sprintf("the file is %s, passed over since %s because %s; %s",
			short(fileSHA), passed.Since.UTC().Format("2006-01-02 15:04Z"), passed.Why, now)
	default:
		return fmt.Sprintf("the file is %s, not taken up yet; %s", short(fileSHA), now)
	}
}

// whatServes says whether prog serves, as the end of a sentence.
func whatServes(prog program, state State) string {
	if state == StateReady {
		return short(prog.sha256) + " serves"
	}
	return fmt.Sprintf("%s does not serve (%s)", short(prog.sha256), state)
}
