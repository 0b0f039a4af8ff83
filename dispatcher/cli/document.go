package cli

import "github.com/switchhook/switchhook/sdk/imevent/samples"

// edit is one --set or --remove, in the order of the command line.
type edit = samples.Edit

// edits collects --set and --remove into one list, since their order matters.
type edits struct {
	list   *[]edit
	remove bool
}

// String returns nothing: the flags have no default.
func (edits) String() string { return "" }

// Type names the value in usage texts.
func (e edits) Type() string {
	if e.remove {
		return "PATH"
	}
	return "PATH=VALUE"
}

// Set takes one edit.
func (e edits) Set(text string) error {
	read := samples.Set
	if e.remove {
		read = samples.Remove
	}
	one, err := read(text)
	if err != nil {
		return err
	}
	*e.list = append(*e.list, one)
	return nil
}

// revise applies list to body. A body without edits stays as it is, byte for
// byte, whether it is JSON or not.
func revise(body []byte, list []edit) ([]byte, error) { return samples.Revise(body, list) }
