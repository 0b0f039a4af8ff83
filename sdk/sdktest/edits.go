package sdktest

import (
	"fmt"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// Edits are a command's sample with a few values changed: a body for [Sender.Send]
// and [Sender.Decide]. They are made by [With] and [Without].
type Edits struct {
	list []samples.Edit
	err  error // of the first that cannot be read
}

// With is the sample with values set, each as in "PairList.0.From_Account=alice":
// a path of keys and indexes, and a value that is a JSON literal or else a string.
// An index that equals the list's length appends. An edit that does not fit is
// the error of whoever sends.
func With(values ...string) Edits { return Edits{}.With(values...) }

// Without is the sample without what stands at the paths, each as in "EventTime"
// or "PairList.0".
func Without(paths ...string) Edits { return Edits{}.Without(paths...) }

// With returns the edits and those of [With] after them.
func (e Edits) With(values ...string) Edits { return e.and(samples.Set, values) }

// Without returns the edits and those of [Without] after them.
func (e Edits) Without(paths ...string) Edits { return e.and(samples.Remove, paths) }

func (e Edits) and(read func(string) (samples.Edit, error), texts []string) Edits {
	more := Edits{list: append([]samples.Edit(nil), e.list...), err: e.err}
	for _, text := range texts {
		one, err := read(text)
		if err != nil && more.err == nil {
			more.err = err
		}
		more.list = append(more.list, one)
	}
	return more
}

// Body returns the sample of command with the edits made, for a callback of the
// test's own making.
func (e Edits) Body(command string) ([]byte, error) {
	sample, err := encode(command, nil)
	if err == nil {
		err = e.err
	}
	if err == nil {
		sample, err = samples.Revise(sample, e.list)
	}
	if err != nil {
		return nil, fmt.Errorf("change the sample of %s: %w", command, err)
	}
	return sample, nil
}
