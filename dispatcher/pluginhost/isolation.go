package pluginhost

// Isolation is what keeps a plugin's process from what it does not need. The zero
// value is what every plugin gets: its own process group, no core files, its own
// environment.
type Isolation struct{}
