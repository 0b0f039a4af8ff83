package conformance_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/switchhook/switchhook/sdk/conformance"
)

func ExampleVerify() {
	report, err := conformance.Verify(context.Background(), conformance.Options{Program: "bin/plugins/friends"})
	if err != nil {
		fmt.Println(err) // there is nothing to report on
		return
	}
	fmt.Println(report.Passed, report.Count(conformance.Failed))
	// Output: there is no file bin/plugins/friends
}

func ExampleReport_WriteText() {
	report := conformance.Report{Program: "friends", Passed: true, Took: time.Second, Checks: []conformance.Check{
		{Name: "handshake", Link: "mtls", Verdict: conformance.Passed, Detail: "protocol 1", Took: time.Millisecond},
	}}
	if err := report.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// friends
	//
	// with mTLS
	//   ok  handshake  1ms  protocol 1
	//
	// 1 passed, 0 failed, 0 not applicable, in 1s
}
