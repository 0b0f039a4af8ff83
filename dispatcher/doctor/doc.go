// Package doctor examines a deployed callback endpoint from outside, as Tencent
// would meet it.
//
// [Examine] reads the URL as Tencent's console does, looks at its address and its
// certificate, and posts the console's probe, a true callback, and what has to be
// refused: unsigned, wrongly signed and old requests, and those of a foreign app.
// A Sign goes to nobody whose certificate is bad, and neither it nor the token is
// part of what is found.
package doctor
