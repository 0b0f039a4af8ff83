package config

import _ "embed"

//go:embed example.yaml
var example []byte

// Example returns the complete file with a word on every key. As it stands it
// says what [Default] says; what has no default is written as a comment that
// begins with "#" and no space, ready to be used without the "#".
func Example() []byte { return append([]byte(nil), example...) }
