// Package sdktest drives a plugin from its author's tests: the same handlers,
// behind the same link of gRPC streams that the gateway uses, in one process.
//
//	link := sdktest.Start(t, newPlugin())
//	reply, err := link.Send(ctx, "Sns.CallbackBlackListAdd", nil)
//
// What Tencent would misread fails in the test: a refusal code outside the
// command's range, a reply key that it does not know.
package sdktest
