package logging

import (
	"log/slog"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// The keys of the attributes that tell what a line is about.
const (
	pluginKey   = "plugin"
	commandKey  = "command"
	streamKey   = "stream"
	listenerKey = "listener"
)

// otherCommand stands for every command that the catalogue does not have.
const otherCommand = "other"

// What stands for messages that are not the gateway's.
const (
	printed   = "what a plugin prints"
	connected = "trouble with connections"
)

// kind is what lines have in common that are alike. Its values come from closed sets.
type kind struct {
	level   slog.Level
	message string
	plugin  string
	command string
	foreign bool // a plugin printed it
}

// about is what the attributes of a line tell of it.
type about struct {
	plugin, command string
	// of replaces a message that is not the gateway's.
	of string
}

// note takes an attribute in.
func (a *about) note(attr slog.Attr) {
	switch attr.Key {
	case pluginKey:
		a.plugin = attr.Value.String()
	case commandKey:
		a.command = otherCommand
		command := attr.Value.String()
		if _, known := imevent.Spec(command); known {
			a.command = command
		}
	case streamKey:
		a.of = printed
	case listenerKey:
		a.of = connected
	}
}

func (a *about) kind(r slog.Record) kind {
	k := kind{level: grade(r.Level), message: r.Message, plugin: a.plugin, command: a.command}
	if a.of != "" {
		k.message, k.foreign = a.of, a.of == printed
	}
	return k
}

// attrs say what kind it is.
func (k kind) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("like", k.message), slog.String("like_level", k.level.String())}
	if k.plugin != "" {
		attrs = append(attrs, slog.String(pluginKey, k.plugin))
	}
	if k.command != "" {
		attrs = append(attrs, slog.String(commandKey, k.command))
	}
	return attrs
}
