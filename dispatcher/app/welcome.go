package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// welcome tells a person at a terminal what to type next. It is for a gateway
// that was started to be tried: one without a configuration file.
func (a *App) welcome() {
	f := a.current()
	if a.options.Welcome == nil || f.Path != "" || len(f.Apps) == 0 {
		return
	}
	var names []string
	try := "COMMAND"
	for _, p := range slices.Backward(a.host.Status()) {
		if p.State != pluginhost.StateReady {
			continue // nobody is there to try, most likely under a debugger
		}
		names = append(names, p.Name)
		for _, claim := range slices.Backward(p.Claims) {
			if _, typed := imevent.TypingOf(claim.Pattern); typed { // there is a sample of it
				try = claim.Pattern
			}
		}
	}
	slices.Reverse(names)
	with := "no plugin yet"
	if len(names) > 0 {
		with = strings.Join(names, ", ")
	}
	_, _ = fmt.Fprintf(a.options.Welcome, `
Switchhook serves callbacks at %s%s with %s.
In another terminal, type:

  bin/switchhook send %-28s a callback as Tencent would send it
  bin/switchhook plugin ls                         which plugins run
  bin/switchhook route ls                          which plugin gets which command
  curl -s http://%s/metrics | grep switchhook_callbacks_total

Ctrl-C stops it.

`, a.baseURL(), f.CallbackPath, with, try, a.adminAddr)
}
