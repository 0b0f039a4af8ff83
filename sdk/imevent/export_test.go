package imevent

// Valid lets the tests hold valid against encoding/json, which gives up at the same
// depth.
func Valid(data []byte) bool { return valid(data, 10000) }
