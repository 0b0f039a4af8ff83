package samples

import (
	"embed"
	"io/fs"
	"strings"
)

// files holds request/<command>.json and reply/<command>.json.
//
//go:embed request/*.json reply/*.json
var files embed.FS

// Commands returns the commands that have samples, sorted.
func Commands() []string {
	entries, err := fs.ReadDir(files, "request")
	if err != nil {
		panic("samples: " + err.Error()) // the folder is embedded
	}
	commands := make([]string, len(entries))
	for i, entry := range entries {
		commands[i] = strings.TrimSuffix(entry.Name(), ".json")
	}
	return commands
}

// Request returns the sample body of command, as indented JSON, and whether there
// is one. The caller owns the bytes.
func Request(command string) ([]byte, bool) { return read("request", command) }

// Reply returns the sample reply to command, as indented JSON with the three
// standard keys, and whether there is one. The caller owns the bytes.
func Reply(command string) ([]byte, bool) { return read("reply", command) }

func read(folder, command string) ([]byte, bool) {
	text, err := files.ReadFile(folder + "/" + command + ".json")
	return text, err == nil
}
