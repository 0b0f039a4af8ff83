package imevent

// Valid lets the tests hold valid against encoding/json.
func Valid(data []byte) bool { return valid(data) }
