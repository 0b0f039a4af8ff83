// Package signature makes Tencent's Sign, and says why one is not accepted.
//
// [Query.Check] looks at spelling, time and token of what was requested, each by
// itself, and tries the usual wrong ways to make a Sign where no token fits. It
// accepts what the gateway accepts. Neither a token nor the Sign that would have
// been right is ever part of what it says.
package signature
