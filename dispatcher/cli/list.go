package cli

import (
	"io"
	"strings"

	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// commandList is what send --list prints, for --output json.
type commandList struct {
	Commands []commandReport `json:"commands"`
}

// commandReport is one of Tencent's commands.
type commandReport struct {
	Command string `json:"command"`
	Phase   string `json:"phase"`
	Title   string `json:"title"`
	Product string `json:"product"`
	Doc     string `json:"doc"`
	// Sample is false when no page describes the body: send then posts the least.
	Sample bool `json:"sample"`
}

// listCommands is send --list: the commands whose name holds part, in whatever
// case; all of them where it is empty.
func (c *console) listCommands(part string) error {
	list := []commandReport{}
	for _, spec := range imevent.Specs() {
		if !strings.Contains(strings.ToLower(spec.Command), strings.ToLower(part)) {
			continue
		}
		_, sample := samples.Request(spec.Command)
		list = append(list, commandReport{
			Command: spec.Command, Phase: spec.Phase.String(), Title: spec.Title,
			Product: spec.Product.String(), Doc: spec.Doc, Sample: sample,
		})
	}
	if len(list) == 0 {
		return &usageError{err: unknownCallback(part)}
	}
	return c.print(commandList{list}, func(w io.Writer) error {
		rows := make([][]string, len(list))
		for i, command := range list {
			rows[i] = []string{command.Command, command.Phase, command.Title}
		}
		return printTable(w, []string{"COMMAND", "PHASE", "SENT"}, rows)
	})
}
