package scaffold

// Birthplace finds the checkout of a program from two paths, which no test can
// have another of.
var Birthplace = birthplace
