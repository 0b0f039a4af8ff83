package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// console is what one command line has of the world: its streams and the flags
// that every command shares.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	admin          string
	output         output
}

// output is how results are printed.
type output uint8

const (
	tableOutput output = iota
	jsonOutput
)

// String returns the flag's value.
func (o *output) String() string {
	if *o == jsonOutput {
		return "json"
	}
	return "table"
}

// Set takes the flag's value.
func (o *output) Set(value string) error {
	switch value {
	case "table":
		*o = tableOutput
	case "json":
		*o = jsonOutput
	default:
		return fmt.Errorf("%q is neither table nor json", value)
	}
	return nil
}

// Type names the value in usage texts.
func (*output) Type() string { return "table|json" }

// print writes value as JSON, or calls table to put it into words.
func (c *console) print(value any, table func(w io.Writer) error) error {
	if c.output == jsonOutput {
		return printJSON(c.stdout, value)
	}
	if err := table(harmless{c.stdout}); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

func printJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// printTable aligns rows under head. A cell never ends a line: line breaks and
// tabs in it become spaces, and an empty one is a dash.
func printTable(w io.Writer, head []string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = strings.Join(strings.Fields(cell), " "); cells[i] == "" {
				cells[i] = "-"
			}
		}
		if _, err := fmt.Fprintln(tw, strings.Join(cells, "\t")); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
