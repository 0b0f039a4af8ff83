package config

import (
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of what a file may say.
const (
	maxBodyLeast  = 1 << 10
	maxBodyMost   = 8 << 20 // what the link to a plugin takes
	signMost      = time.Hour
	recentMost    = 100_000 // what the admin side can remember
	shutdownMost  = 10 * time.Minute
	tokenMost     = 128
	longestName   = 64
	tencentWaits  = 2 * time.Second
	longestBudget = 10 * time.Minute
)

// checker finds what is wrong with values that each have the right type.
type checker struct {
	*decoder
	file *File
}

// check looks at the whole file.
func (c *checker) check() {
	c.checkListeners()
	c.checkRecent()
	c.checkPaths()
	c.checkBounds()
	c.checkLogLevel("log_level", c.file.LogLevel)
	c.checkTLS()
	c.checkApps()
	c.checkPlugins()
	c.checkRoutes("routes", c.file.Routes)
	c.checkInbox()
	c.checkTracing()
}

// wrong records a mistake in key, unless one stands there or below already: what
// follows from a mistake is not another.
func (c *checker) wrong(key, format string, args ...any) {
	for _, p := range c.problems {
		if rest, below := strings.CutPrefix(p.Key, key); below && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return
		}
	}
	c.problem(c.where(key), key, format, args...)
}

// suspect records a warning about key.
func (c *checker) suspect(key, format string, args ...any) {
	c.warn(c.where(key), key, format, args...)
}

// checkListeners looks at the two addresses.
func (c *checker) checkListeners() {
	public := c.checkAddress("listen", c.file.Listen)
	admin := c.checkAddress("admin.listen", c.file.Admin.Listen)
	if public != "" && public == admin && public != "0" && sameHost(c.file.Listen, c.file.Admin.Listen) {
		key, other := "admin.listen", "listen"
		if !c.stated(key) {
			key, other = other, key
		}
		c.wrong(key, "is the address of %s as well (port %s): the admin side needs its own", other, admin)
	}
	if host, _, err := net.SplitHostPort(c.file.Admin.Listen); err == nil && !loopback(host) {
		c.suspect("admin.listen", "is open to other machines: whoever reaches it reads metrics, apps and routes")
	}
	for i, host := range c.file.Admin.Hosts {
		key := "admin.hosts[" + strconv.Itoa(i) + "]"
		if host == "" || strings.ContainsAny(host, "/ *:") {
			c.wrong(key, "wants the bare name of a host, such as metrics.internal")
		}
	}
}

func (c *checker) checkLogLevel(key, level string) {
	if !slices.Contains([]string{"debug", defaultLogLevel, "warn", "error"}, level) {
		c.wrong(key, "wants debug, info, warn or error, not %q", shorten(level))
	}
}

// checkRecent looks at what the admin side is to remember.
func (c *checker) checkRecent() {
	if n := c.file.Admin.Recent; n < 0 || n > recentMost {
		c.wrong("admin.recent", "wants a number from 0 to %d", recentMost)
	}
}

// checkAddress returns the port of a good address.
func (c *checker) checkAddress(key, address string) (port string) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		c.wrong(key, `wants host:port or :port, such as "127.0.0.1:8080" or ":8080", not %q`, shorten(address))
		return ""
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		c.wrong(key, "wants a port from 0 to 65535, not %q", shorten(port))
		return ""
	}
	return port
}

// sameHost reports whether two addresses of one port would be in each other's way.
func sameHost(a, b string) bool {
	hostA, _, _ := net.SplitHostPort(a)
	hostB, _, _ := net.SplitHostPort(b)
	anywhere := func(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }
	return hostA == hostB || anywhere(hostA) || anywhere(hostB)
}

// loopback reports whether only this machine reaches host.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkPaths looks at the paths of the public listener.
func (c *checker) checkPaths() {
	c.checkURLPath("callback_path", c.file.CallbackPath)
	if c.file.HealthPath == "" {
		return
	}
	c.checkURLPath("health_path", c.file.HealthPath)
	if c.file.HealthPath == c.file.CallbackPath {
		c.wrong("health_path", "is callback_path as well: choose another, such as /healthz")
	}
}

func (c *checker) checkURLPath(key, value string) {
	clean := path.Clean(value)
	if clean != "/" && strings.HasSuffix(value, "/") {
		clean += "/"
	}
	if !strings.HasPrefix(value, "/") || clean != value || strings.ContainsAny(value, "?#{}% ") {
		c.wrong(key, "wants the path of a URL, such as /imcallback, without ?, #, braces, escapes or dots between slashes, not %q", shorten(value))
	}
}

// checkBounds looks at the numbers that stand for themselves.
func (c *checker) checkBounds() {
	f := c.file
	c.within("shutdown_delay", f.ShutdownDelay, 0, shutdownMost)
	c.within("shutdown_grace", f.ShutdownGrace, time.Second, shutdownMost)
	c.within("sign_window", f.SignWindow, time.Second, signMost)
	if f.MaxBody < maxBodyLeast || f.MaxBody > maxBodyMost {
		c.wrong("max_body", "wants a size from %s to %s, not %s", Size(maxBodyLeast), Size(maxBodyMost), f.MaxBody)
	}
	if f.DataDir == "" {
		c.wrong("data_dir", "wants a folder that the gateway may write to")
	}
}

func (c *checker) within(key string, value, least, most time.Duration) {
	if value < least || value > most {
		c.wrong(key, "wants a duration from %s to %s, not %s", least, most, value)
	}
}

// checkTLS looks at the certificate's names; whether the files are any good is
// for the listener to say, which reads them again whenever they change.
func (c *checker) checkTLS() {
	switch t := c.file.TLS; {
	case t.Cert != "" && t.Key == "":
		c.wrong("tls", "has cert without key; state both, or neither for plain HTTP")
	case t.Cert == "" && t.Key != "":
		c.wrong("tls", "has key without cert; state both, or neither for plain HTTP")
	}
}
