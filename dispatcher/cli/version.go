package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version says which build this is.
type Version struct {
	// Version is the release, such as v0.1.0, or "devel".
	Version string `json:"version"`
	// Commit is the full hash of the commit it was built from, with "-dirty"
	// when the tree had changes; empty when the build did not know.
	Commit string `json:"commit"`
	// Go is the toolchain and the platform.
	Go string `json:"go"`
}

// BuildVersion reads the version of the running program. The release is
// release where that is not empty, as the linker sets it, else the main module's;
// the commit comes from the version control stamp of the build.
func BuildVersion(release string) Version {
	v := Version{Version: release, Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if v.Version == "" && info.Main.Version != "(devel)" {
			v.Version = info.Main.Version
		}
		v.Commit = commit(info.Settings)
	}
	if v.Version == "" {
		v.Version = "devel"
	}
	return v
}

func commit(settings []debug.BuildSetting) string {
	var revision, suffix string
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			suffix = "-dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + suffix
}

func (p Program) versionCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print version, commit and Go version",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return c.print(p.Version, func(w io.Writer) error {
				commit := p.Version.Commit
				if commit == "" {
					commit = "unknown"
				}
				_, err := fmt.Fprintf(w, "switchhook %s (commit %s, %s)\n", p.Version.Version, commit, p.Version.Go)
				return err //nolint:wrapcheck // print wraps it for every table.
			})
		},
	}
}
