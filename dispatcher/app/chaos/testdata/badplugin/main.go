// Command badplugin misbehaves when the body of a callback says how. The variable
// BADPLUGIN says which plugin the process is: one of the SDK, one that speaks the
// protocol itself and so breaks its rules, or a good one to stand beside them.
package main

import (
	"fmt"
	"os"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

// The commands of the two plugins.
const (
	misused = "C2C.CallbackBeforeSendMsg"
	decided = "Group.CallbackBeforeSendMsg"
	told    = "Sns.CallbackBlackListAdd"
)

// order is what a body says.
type order struct {
	Do string `json:"Do"`
}

func main() {
	switch role := os.Getenv("BADPLUGIN"); role {
	case "good":
		good().Run()
	case "author":
		author().Run()
	case "raw":
		serveRaw()
	case "prints":
		fmt.Println("connecting to the database ...")
		serveRaw()
	default:
		fmt.Fprintf(os.Stderr, "BADPLUGIN is %q\n", role)
		os.Exit(2)
	}
}

// good does its work, whatever happens around it.
func good() serve.Plugin {
	var mux sdk.Mux
	nod := sdk.HandlerFunc(nod)
	mux.HandleAny(decided, nod).Idempotent = true
	mux.HandleAny(told, nod)
	return serve.Plugin{Name: "good", Version: "1.0.0", Mux: &mux}
}
