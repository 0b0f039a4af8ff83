//go:build !linux

package pluginhost

import "syscall"

// spawnAttributes puts the child in its own group, and its own session: in the
// gateway's it could open the operator's terminal and type commands there.
func spawnAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// dieWithParent does nothing: there is no parent-death signal here. The SDK's
// watchdog ends a plugin whose gateway is gone.
func dieWithParent(int) error { return nil }

// awaitDeath returns at once: waiting without collecting is not portable, so
// the group is killed just after its leader was collected.
func awaitDeath(int) {}
