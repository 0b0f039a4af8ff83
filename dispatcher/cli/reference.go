package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference writes docs/cli.md: every command with its flags, as the tree itself
// has them, and the table of exit codes.
func Reference(w io.Writer) error {
	root := Program{}.root(&console{})
	var text strings.Builder
	text.WriteString("# The command line\n\n" +
		"<!-- Written by `make generate` from dispatcher/cli; do not edit. -->\n\n")
	paragraph(&text, root.Long)
	text.WriteString("## Exit codes\n\nThe same for every command.\n\n| code | meaning |\n|---|---|\n")
	for _, row := range ExitCodes() {
		fmt.Fprintf(&text, "| %d | %s |\n", row.Code, row.Meaning)
	}
	text.WriteString("\n## Flags of every command\n\n")
	flagTable(&text, root.PersistentFlags())
	for _, cmd := range root.Commands() {
		section(&text, cmd)
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write reference: %w", err)
	}
	return nil
}

// section writes one command, and those below it. One that only holds others has no
// words of its own.
func section(w *strings.Builder, cmd *cobra.Command) {
	if !cmd.IsAvailableCommand() {
		return
	}
	if cmd.Name() == "completion" { // cobra's own: what it says of each shell, it says best itself
		fmt.Fprintf(w, "## %s bash|fish|powershell|zsh\n\n", cmd.CommandPath())
		paragraph(w, cmd.Short+". Its `--help` says where each shell wants it.")
		return
	}
	if !cmd.HasAvailableSubCommands() || cmd.Long != "" {
		described(w, cmd)
	}
	for _, sub := range cmd.Commands() {
		section(w, sub)
	}
}

// described writes a command that does something itself.
func described(w *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(w, "## %s\n\n", cmd.CommandPath())
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	paragraph(w, text)
	fmt.Fprintf(w, "```\n%s\n```\n\n", cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(w, "```sh\n%s\n```\n\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
	}
	flagTable(w, cmd.NonInheritedFlags())
}

// flagTable writes the flags that are not hidden, or nothing.
func flagTable(w *strings.Builder, flags *pflag.FlagSet) {
	head := "| flag | default | meaning |\n|---|---|---|\n"
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, meaning := pflag.UnquoteUsage(f)
		fmt.Fprintf(w, "%s| `--%s` | %s | %s |\n", head, pipe(strings.TrimSpace(f.Name+" "+value)), initial(f), cell(meaning))
		head = ""
	})
	if head == "" {
		w.WriteString("\n")
	}
}

// initial shows a default, unless it is what a flag has that was not given.
func initial(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "[]", "false", "0", "0s":
		return ""
	default:
		return "`" + f.DefValue + "`"
	}
}

// paragraph writes text without the line breaks that suit a terminal.
func paragraph(w *strings.Builder, text string) {
	for block := range strings.SplitSeq(text, "\n\n") {
		w.WriteString(strings.ReplaceAll(block, "\n", " ") + "\n\n")
	}
}

// cell keeps text from ending its cell, and angle brackets from being HTML.
func cell(text string) string { return strings.ReplaceAll(pipe(text), "<", "&lt;") }

func pipe(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
