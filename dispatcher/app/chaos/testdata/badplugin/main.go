// Command badplugin misbehaves when the body of a callback says how. The variable
// BADPLUGIN says which plugin the process is: one of the SDK, one that speaks the
// protocol itself and so breaks its rules, or a good one to stand beside them.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

// The commands of the two plugins.
const (
	misused  = "C2C.CallbackBeforeSendMsg"
	reported = "C2C.CallbackAfterSendMsg"
	decided  = "Group.CallbackBeforeSendMsg"
	told     = "Sns.CallbackBlackListAdd"
)

// order is what a body says.
type order struct {
	Do string `json:"Do"`
}

func main() {
	switch role := os.Getenv("BADPLUGIN"); role {
	case "good":
		good(nod).Run()
	case "slow":
		good(dawdle).Run()
	case "exclusive":
		exclusive().Run()
	case "author":
		author().Run()
	case "driven":
		driven().Run()
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
func good(work sdk.HandlerFunc) serve.Plugin {
	var mux sdk.Mux
	mux.HandleAny(decided, work).Idempotent = true
	mux.HandleAny(told, work)
	return serve.Plugin{Name: "good", Version: "1.0.0", Mux: &mux}
}

// exclusive is a good one that does not come up beside another process of itself.
func exclusive() serve.Plugin {
	p := good(nod)
	p.Instances = serve.Exclusive
	var lock *os.File // held until the process ends
	p.Start = func(_ context.Context, env serve.Env) (err error) {
		if lock, err = os.Create(filepath.Join(env.DataDir, "lock")); err != nil {
			return err
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return fmt.Errorf("there is another process: %w", err)
		}
		return nil
	}
	p.Close = func(context.Context) error { return lock.Close() }
	return p
}

func nod(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }

// dawdle takes so long that there is always a callback under way.
func dawdle(context.Context, sdk.Callback) (sdk.Reply, error) {
	<-time.After(15 * time.Millisecond)
	return sdk.Reply{}, nil
}
