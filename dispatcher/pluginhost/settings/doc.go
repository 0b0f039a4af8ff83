// Package settings holds a plugin's settings to the JSON Schema that the plugin gives,
// and keeps their secrets from being seen: in what is shown of them, and in whatever
// the plugin prints and says.
package settings
