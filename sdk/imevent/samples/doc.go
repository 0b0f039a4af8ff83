// Package samples holds, for every command with a documented body, one request
// body and one reply as Tencent's pages show them, repaired where the pages
// print invalid JSON. They serve tests, examples and the send command,
// as they are or with a few values changed ([Revise]).
//
// Real bodies differ from them: keys are missing or new, and numbers come as
// strings. Live.CallbackBeforeCallBackNotBlock, whose name is all that is known,
// has no sample.
package samples
