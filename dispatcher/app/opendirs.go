package app

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// warnOfOpenDirs says which directories let others decide what the gateway runs: a
// program in plugin_dir, or a record in data_dir of what served last. It is no
// reason not to start, for moderation would be off then.
func (a *App) warnOfOpenDirs(ctx context.Context, f *config.File) {
	for _, d := range []struct{ key, path string }{{"data_dir", f.DataDir}, {"plugin_dir", f.PluginDir}} {
		if why := openTo(d.path); why != "" {
			a.log.WarnContext(ctx, "directory is open to others, who can have the gateway run their programs", "key", d.key, "dir", absolute(d.path), "why", why)
		}
	}
}

// openTo says who else may write to a directory, and how to end that; empty for
// nobody, or where there is none. A group may: it is somebody's whom the operator
// has chosen.
func openTo(dir string) string {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return ""
	}
	const anyone = 0o002
	if mode := info.Mode().Perm(); mode&anyone != 0 {
		return fmt.Sprintf("its mode is %s: chmod o-w %s", mode, absolute(dir))
	}
	own, ok := info.Sys().(*syscall.Stat_t)
	if ok && own.Uid != 0 && int(own.Uid) != os.Geteuid() {
		return fmt.Sprintf("it belongs to user %d, and the gateway is user %d: chown %[2]d %s", own.Uid, os.Geteuid(), absolute(dir))
	}
	return ""
}
