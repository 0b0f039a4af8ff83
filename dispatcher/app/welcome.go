package app

import (
	"fmt"
	"strings"
)

// welcome tells a person at a terminal what to type next. It is for a gateway
// that was started to be tried: one without a configuration file.
func (a *App) welcome() {
	f := a.current()
	if a.options.Welcome == nil || f.Path != "" || len(f.Apps) == 0 {
		return
	}
	names := make([]string, 0)
	for _, p := range a.host.Status() {
		names = append(names, p.Name)
	}
	_, _ = fmt.Fprintf(a.options.Welcome, `
Switchhook serves callbacks at %s%s with %s.
In another terminal, type:

  bin/switchhook send Sns.CallbackBlackListAdd     a callback as Tencent would send it
  bin/switchhook plugin ls                         which plugins run
  bin/switchhook route ls                          which plugin gets which command
  curl -s http://%s/metrics | grep switchhook_callbacks_total

Ctrl-C stops it.

`, a.baseURL(), f.CallbackPath, strings.Join(names, ", "), a.adminAddr)
}
