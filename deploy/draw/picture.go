package draw

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Picture has Chromium take the picture of a page, as PNG, and returns also the
// page as it was after its script ran, as HTML. It leaves no process and no
// file behind, and takes a minute at most.
func Picture(ctx context.Context, page Page) (png, drawn []byte, err error) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, fmt.Errorf("take a picture: %w (on Debian: apt-get install chromium)", err)
	}
	// A short name, since the path of a socket in it may have 107 bytes.
	dir, err := os.MkdirTemp("", "draw-")
	if err != nil {
		return nil, nil, fmt.Errorf("take a picture: %w", err)
	}
	defer func() { err = errors.Join(err, removed(dir)) }()
	html, picture := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.png")
	if err := os.WriteFile(html, page.HTML, 0o600); err != nil {
		return nil, nil, fmt.Errorf("take a picture: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	arguments := append(switches(dir),
		"--window-size="+strconv.Itoa(page.Width)+","+strconv.Itoa(page.Height),
		"--screenshot="+picture, "--dump-dom", "file://"+html)
	command := exec.CommandContext(ctx, chromium, arguments...) //nolint:gosec // chromium of PATH
	// Whatever it writes beside its profile belongs to this folder too.
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "TMPDIR="+dir)
	bound(command)
	var said bytes.Buffer
	command.Stderr = &said
	drawn, err = command.Output()
	if command.Process != nil {
		// Whatever it started and did not wait for; mostly there is nothing.
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("take a picture: chromium: %w\n%s", err, said.Bytes())
	}
	png, err = os.ReadFile(picture) //nolint:gosec // in the folder made above
	if err != nil {
		return nil, nil, fmt.Errorf("take a picture: %w\n%s", err, said.Bytes())
	}
	return png, drawn, nil
}

// removed removes a folder that processes which were just killed may still
// write to.
func removed(dir string) error {
	var err error
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		<-time.After(50 * time.Millisecond)
	}
	return fmt.Errorf("take a picture: remove the profile: %w", err)
}

func switches(profile string) []string {
	all := []string{
		"--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-breakpad", "--disable-crash-reporter", "--disable-sync", "--disable-component-update", "--force-color-profile=srgb",
		"--virtual-time-budget=2000", "--user-data-dir=" + profile,
	}
	if os.Geteuid() == 0 {
		// Chromium's sandbox does not start for root; the page is our own.
		all = append(all, "--no-sandbox")
	}
	return all
}

// bound makes the end of a command's context the end of all that it started.
func bound(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = 5 * time.Second
}
