package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// premises are the places of one process.
type premises struct {
	data    string // the gateway's data directory, or whatever holds the others
	program string // the file that is run
	inPlace bool   // it is the operator's own, and no copy
	dataDir string // the plugin's own
	sockets string // of this process
	runtime string // what holds the socket directories
}

// confine makes the premises fit for p's isolation, and returns what the step has
// to do and what the environment gains.
func (p plan) confine(at premises) (confinement, []string, error) {
	i := p.isolation
	c := confinement{Memory: i.Memory, Files: i.Files, CPU: i.CPU, Core: i.Core, NewPrivileges: i.NewPrivileges}
	var env []string
	if i.Memory > 0 {
		// A Go plugin collects its garbage before it runs into the wall.
		env = append(env, "GOMEMLIMIT="+strconv.FormatInt(i.Memory/10*9, 10))
	}
	if i.Landlock != nil {
		l := *i.Landlock
		l.Read = append([]string{at.program}, l.Read...)
		if at.inPlace { // with what lies beside it
			l.Read = append(l.Read, filepath.Dir(at.program))
		}
		l.Write = append([]string{at.dataDir, at.sockets}, l.Write...)
		c.Landlock = &l
	}
	if i.User == "" {
		return c, append(env, p.env...), nil
	}
	who, err := lookUp(i.User)
	if err != nil {
		return c, nil, err
	}
	if err := mayActFor(who); err != nil {
		return c, nil, err
	}
	if err := at.handTo(who); err != nil {
		return c, nil, fmt.Errorf("hand over to user %s: %w", who.Name, err)
	}
	c.User, c.Enter = who, []string{at.dataDir, at.sockets, at.program}
	if who.Home == "" {
		who.Home = at.dataDir
	}
	name, _, _ := strings.Cut(who.Name, ":")
	env = append(env, "HOME="+who.Home, "USER="+name, "LOGNAME="+name)
	return c, append(env, p.env...), nil
}

// lookUp finds a user by name, by id, or as "uid:gid", which need not be known to
// the system. A name brings the user's further groups.
func lookUp(text string) (*identity, error) {
	uid, gid, both := strings.Cut(text, ":")
	number, err := strconv.Atoi(uid)
	if both {
		group, wrong := strconv.Atoi(gid)
		if err = errors.Join(err, wrong); err != nil {
			return nil, refuse(exitStart, "isolation.user: %w", err)
		}
		return &identity{Name: text, UID: number, GID: group, Groups: []int{group}}, nil
	}
	find := user.Lookup
	if err == nil {
		find = user.LookupId
	}
	found, err := find(text)
	if err != nil {
		return nil, refuse(exitStart, "isolation.user: %w: make the user, or write uid:gid", err)
	}
	who := &identity{Name: found.Username, Home: found.HomeDir}
	groups, err := found.GroupIds()
	if err != nil {
		groups = []string{found.Gid}
	}
	for _, g := range groups {
		if id, err := strconv.Atoi(g); err == nil {
			who.Groups = append(who.Groups, id)
		}
	}
	who.UID, err = strconv.Atoi(found.Uid)
	if err == nil {
		who.GID, err = strconv.Atoi(found.Gid)
	}
	if err != nil {
		return nil, refuse(exitStart, "isolation.user: %w", err)
	}
	return who, nil
}

// handTo gives who the data directory and the socket directory, and a way to them
// and to the program. The program stays the gateway's: who may run it and not
// change it. One that runs in place is the operator's, wherever it lies, and is not
// touched: in the data directory, who could put a link to anything in its stead.
func (at premises) handTo(who *identity) error {
	ways := []struct{ path, root string }{{filepath.Dir(at.dataDir), at.data}, {filepath.Dir(at.sockets), at.runtime}}
	if !at.inPlace {
		ways = append(ways, struct{ path, root string }{filepath.Dir(at.program), at.data})
	}
	for _, leaf := range ways {
		if err := openWay(leaf.path, leaf.root); err != nil {
			return err
		}
	}
	if !at.inPlace {
		if err := os.Chown(at.program, -1, who.GID); err != nil {
			return err //nolint:wrapcheck // Wrapped by the caller, and it names the path.
		}
		if err := os.Chmod(at.program, 0o550); err != nil { //nolint:gosec // A program is executable.
			return err //nolint:wrapcheck // As above.
		}
	}
	if err := os.Chown(at.sockets, who.UID, who.GID); err != nil {
		return err //nolint:wrapcheck // As above.
	}
	return giveTree(at.dataDir, who)
}

// openWay lets others pass through dir and the directories above it, up to root,
// without letting them see what is inside. Outside root nothing is touched.
func openWay(dir, root string) error {
	for below(dir, root) {
		info, err := os.Stat(dir)
		if err != nil {
			return err //nolint:wrapcheck // Wrapped by the caller, and it names the path.
		}
		const pass = 0o011
		if mode := info.Mode().Perm(); mode&pass != pass {
			if err := os.Chmod(dir, mode|pass); err != nil {
				return err //nolint:wrapcheck // As above.
			}
		}
		if dir == root {
			return nil
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// below reports whether path is root or lies in it.
func below(path, root string) bool {
	inside, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(inside)
}

// giveTree makes who the owner of dir with all that is in it, unless the directory
// is who's already. It goes by descriptors, so that a plugin that still runs cannot
// lead it elsewhere. The directory itself comes last: a walk that was cut short is
// begun again.
func giveTree(dir string, who *identity) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err //nolint:wrapcheck // Wrapped by the caller, and it names the path.
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) == who.UID && int(owner.Gid) == who.GID {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err //nolint:wrapcheck // As above.
	}
	defer root.Close() //nolint:errcheck // Only looked at.
	err = fs.WalkDir(root.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		return giveFile(root, path, who)
	})
	if err != nil {
		return err //nolint:wrapcheck // As above.
	}
	return os.Chown(dir, who.UID, who.GID) //nolint:wrapcheck // As above.
}

// giveFile leaves a file alone that has another name too: that may be somebody
// else's.
func giveFile(root *os.Root, path string, who *identity) error {
	found, err := root.Lstat(path)
	if err != nil {
		return err //nolint:wrapcheck // Wrapped by giveTree's caller.
	}
	if s, ok := found.Sys().(*syscall.Stat_t); ok && found.Mode().IsRegular() && s.Nlink > 1 {
		return nil
	}
	return root.Lchown(path, who.UID, who.GID) //nolint:wrapcheck // As above.
}
