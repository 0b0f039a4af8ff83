package proof_test

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// options leave it to whoever writes when that goes to the device: by itself ext4
// would after five seconds.
const options = "loop,commit=300"

// disk is a file system of its own below the gateway's data directory.
type disk struct {
	g     *gateway
	image string // the file that it is in; empty for one in memory
}

// newImage puts the data directory on an ext4 file system in a file.
func newImage(g *gateway) *disk {
	g.t.Helper()
	d := &disk{g: g, image: g.Path("disk.1")}
	d.need(os.MkdirAll(g.Path("data"), 0o700))
	d.need(os.WriteFile(d.image, nil, 0o600))
	d.need(os.Truncate(d.image, 192<<20))
	d.need(run("mkfs.ext4", "-q", "-F", "-E", fmt.Sprintf("root_owner=%d:%d", os.Geteuid(), os.Getegid()), d.image))
	d.mount("-o", options, d.image)
	return d
}

// newMemory puts the data directory on a file system of so many bytes in memory.
func newMemory(g *gateway, size int) {
	g.t.Helper()
	d := &disk{g: g}
	d.need(os.MkdirAll(g.Path("data"), 0o700))
	d.mount("-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=0700,uid=%d,gid=%d", size, os.Geteuid(), os.Getegid()), "none")
}

// mount mounts it, until the end of the test. Where that cannot be done the test is
// left out, unless it has to run.
func (d *disk) mount(args ...string) {
	t := d.g.t
	t.Helper()
	if err := asRoot("mount", append(args, d.g.Path("data"))...); err != nil {
		why := fmt.Sprintf("left out: this proof mounts a file system, as root alone may, and in few containers: %v", err)
		if required() {
			t.Fatal(why)
		}
		t.Skip(why) //nolint:forbidigo // it says so, and .ci/run does not let it
	}
	t.Cleanup(func() {
		d.g.Kill()
		d.unmount()
	})
}

// unmount waits until the plugins of a gateway that has ended are gone, whose place it
// is. One that is just ending keeps it busy a little longer than it can be seen.
func (d *disk) unmount() {
	t := d.g.t
	t.Helper()
	apptest.Eventually(t, "no plugin is left", func() bool { return len(d.g.Processes()) == 0 })
	apptest.Eventually(t, "the disk is given back", func() bool {
		return !mounted(d.g.Path("data")) || asRoot("umount", d.g.Path("data")) == nil
	})
}

// cut takes the power from a gateway: what the file system has given to its device by
// now is all that there will be. That device comes back in the place of the old one.
func (d *disk) cut(number int) {
	t := d.g.t
	t.Helper()
	d.g.Freeze()
	left := d.g.Path(fmt.Sprintf("disk.%d", number+1))
	d.need(run("cp", "--sparse=always", d.image, left))
	d.g.Kill()
	d.unmount()
	d.need(os.Remove(d.image))
	d.image = left
	d.need(asRoot("mount", "-o", options, left, d.g.Path("data")))
}

func (d *disk) need(err error) {
	d.g.t.Helper()
	if err != nil {
		d.g.t.Fatal(err)
	}
}

// mounted reports whether a file system begins at dir.
func mounted(dir string) bool { return exec.Command("mountpoint", "-q", dir).Run() == nil }

// required says that nothing may be left out.
func required() bool { return os.Getenv("SWITCHHOOK_MOUNTS") == "required" }

// asRoot runs a program that only root may use; by sudo where the proof has to run.
func asRoot(name string, args ...string) error {
	if required() && os.Geteuid() != 0 {
		name, args = "sudo", append([]string{"--non-interactive", name}, args...)
	}
	return run(name, args...)
}

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}
