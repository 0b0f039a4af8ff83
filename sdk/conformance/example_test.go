package conformance_test

import (
	"context"
	"fmt"
	"os"

	"github.com/switchhook/switchhook/sdk/conformance"
)

func ExampleVerify() {
	report, err := conformance.Verify(context.Background(), conformance.Options{Program: "bin/plugins/friends"})
	if err != nil {
		fmt.Println(err) // there is nothing to report on
		return
	}
	fmt.Println(report.OK, report.Count(conformance.Failed))
	// Output: there is no file bin/plugins/friends
}

func ExampleReport_WriteText() {
	report := conformance.Report{Program: "friends", OK: true, TookMS: 1000, Checks: []conformance.Check{
		{Name: "handshake", Link: "mtls", Result: conformance.Passed, Detail: "protocol 1", TookMS: 1},
	}}
	if err := report.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// with mTLS
	//   ok           handshake             1ms  protocol 1
	//
	// friends: 1 ok, 0 failed, 0 not applicable, 0 not checked, in 1s
}
