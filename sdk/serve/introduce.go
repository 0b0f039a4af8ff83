package serve

import (
	"fmt"
	"io"
	"strings"

	"github.com/switchhook/switchhook/sdk/wire"
)

// introduce tells a person who ran the plugin by hand what it is.
func introduce(w io.Writer, p *Plugin) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s is a plugin of the Switchhook gateway, which starts it and hands it callbacks.\n", strings.TrimSpace(p.Name+" "+p.Version))
	text.WriteString("By itself it does nothing. It handles:\n")
	for _, claim := range p.Mux.Claims() {
		fmt.Fprintf(&text, "  %s\n", claim.Pattern)
	}
	text.WriteString("To run it, put this file into the gateway's plugin directory:\n")
	text.WriteString("  switchhook serve --plugin-dir DIRECTORY\n")
	text.WriteString("or name it in the gateway's file, under plugins:\n")
	fmt.Fprintf(&text, "  plugins: {%s: {path: /path/to/this/file}}\n", p.Name)
	text.WriteString("To debug it, start it by hand, under a debugger if you like, and have a gateway come to it:\n")
	fmt.Fprintf(&text, "  %s=/tmp/%s.json dlv debug .\n", wire.AttachKey, p.Name)
	_, _ = io.WriteString(w, text.String()) // there is nobody else to tell
}
