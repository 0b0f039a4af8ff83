package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// lintFlags is how lint-reply was called.
type lintFlags struct {
	command, request string
	status           int
	took             time.Duration
}

// lintReport is what there is to say about a reply, for --output json.
type lintReport struct {
	File    string         `json:"file"`
	Command string         `json:"command"`
	Status  int            `json:"status"`
	Bytes   int            `json:"bytes"`
	OK      bool           `json:"ok"`
	Effect  verdict.Effect `json:"effect"`
	Meaning string         `json:"meaning"`
	Flaws   []advisedFlaw  `json:"flaws"`
	Notes   []string       `json:"notes"`
}

// advisedFlaw is a flaw with the way out of it.
type advisedFlaw struct {
	verdict.Flaw

	Fix string `json:"fix"`
}

func lintReplyCommand(c *console) *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint-reply FILE",
		Short: "Explain what Tencent would read in a reply, and what is wrong with it",
		Long: "Lint-reply reads a reply that a handler would send, and says what Tencent would make of it:\n" +
			"every mistake by name, what happens then, and how to write it right. FILE holds the body,\n" +
			"or a whole HTTP response as curl -i prints it; - is standard input. With --command the codes,\n" +
			"keys and rewrites are checked too, and with --request, which names its command itself, that\nevery target has its verdict.\n\n" +
			"A reply that Tencent would count as a failure ends in exit code 1.",
		Example: "  switchhook lint-reply reply.json --command C2C.CallbackBeforeSendMsg\n" +
			"  switchhook lint-reply reply.json --command Sns.CallbackPrevFriendAdd --request request.json\n" +
			"  curl -si \"$URL\" -d @request.json | switchhook lint-reply -",
		Args: one("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.lintReply(cmd, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.command, "command", "", "judge it as the reply to `COMMAND`")
	flags.StringVar(&f.request, "request", "", "judge it as the reply to the body in `FILE` (- for standard input)")
	flags.IntVar(&f.status, "status", 0, "the HTTP status `N` that it comes with (default 200, or what FILE says)")
	flags.DurationVar(&f.took, "took", 0, "the `DURATION` that it took")
	completeCommands(cmd)
	return cmd
}

// lintReply is the command: read, judge, explain.
func (c *console) lintReply(cmd *cobra.Command, path string, f lintFlags) error {
	cb, answer, err := c.readReply(path, f)
	if err != nil {
		return usage(cmd, err)
	}
	if path == "-" {
		path = "standard input"
	}
	r := lint(path, cb, answer)
	if err := c.print(r, r.write); err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("the reply counts as a failure: %s", codesOf(r.Flaws))
	}
	return nil
}

// readReply reads the reply and, where it is given, what it replies to.
func (c *console) readReply(path string, f lintFlags) (sdk.Callback, verdict.Answer, error) {
	cb := sdk.Callback{Command: f.command}
	if err := f.check(path); err != nil {
		return cb, verdict.Answer{}, err
	}
	if f.request != "" {
		var err error
		if cb.Body, err = c.object(f.request); err != nil {
			return cb, verdict.Answer{}, fmt.Errorf("--request: %w", err)
		}
		if cb.Command, err = commandOf(cb); err != nil {
			return cb, verdict.Answer{}, fmt.Errorf("--request %s: %w", f.request, err)
		}
	}
	text, err := c.read(path)
	if err != nil {
		return cb, verdict.Answer{}, err
	}
	answer := response(text)
	answer.Took = f.took
	if f.status != 0 {
		answer.Status = f.status
	}
	return cb, answer, nil
}

// commandOf is the command that a request names, which has to be the one that is
// given, if one is.
func commandOf(cb sdk.Callback) (string, error) {
	var named struct {
		Command string `json:"CallbackCommand"`
	}
	if err := json.Unmarshal(cb.Body, &named); err != nil {
		return "", fmt.Errorf("read CallbackCommand: %w", err)
	}
	switch {
	case named.Command == "" && cb.Command == "":
		return "", errors.New("it names no CallbackCommand: give --command too")
	case named.Command == "":
		return cb.Command, nil
	case cb.Command != "" && cb.Command != named.Command:
		return "", fmt.Errorf("it is a request of %s, not of %s", report.Visible(named.Command), cb.Command)
	default:
		return named.Command, nil
	}
}

// check looks for mistakes in the flags. A command that no page documents is
// none, unless it looks like one that is.
func (f lintFlags) check(path string) error {
	if path == "-" && f.request == "-" {
		return errors.New("reply and --request cannot both come from standard input")
	}
	if f.status != 0 && (f.status < 100 || f.status > 999) {
		return fmt.Errorf("--status %d is no HTTP status", f.status)
	}
	if f.took < 0 {
		return errors.New("--took cannot be negative")
	}
	if _, listed := imevent.Spec(f.command); f.command != "" && !listed && len(nearCommands(f.command)) > 0 {
		return fmt.Errorf("--command: %w", unknownCallback(f.command))
	}
	return nil
}

// response takes text for a whole HTTP response where it begins like one, and
// for a body with status 200 where it does not. The heads of what came before the
// response, such as 100 Continue, are none.
func response(text []byte) verdict.Answer {
	plain := verdict.Answer{Status: http.StatusOK, Body: text}
	if !bytes.HasPrefix(text, []byte("HTTP/")) {
		return plain
	}
	head, body, ended := bytes.Cut(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	fields := strings.Fields(string(head))
	if !ended || len(fields) < 2 {
		return plain
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return plain
	}
	if status >= 100 && status < 200 && bytes.HasPrefix(body, []byte("HTTP/")) {
		return response(body)
	}
	return verdict.Answer{Status: status, Body: body}
}

// lint judges an answer to cb, whose command may be unknown or not given.
func lint(path string, cb sdk.Callback, a verdict.Answer) lintReport {
	var notes []string
	v := verdict.Judge(cb, a)
	if cb.Command == "" {
		if v, notes = verdict.JudgeAny(a); len(v.Flaws) == 0 {
			notes = append(notes, "--command says what it means to one of them")
		}
	}
	notes = append(notes, verdict.Doubts(cb, a)...)
	r := lintReport{
		File: path, Command: cb.Command, Status: a.Status, Bytes: len(a.Body),
		OK: len(v.Flaws) == 0, Effect: v.Effect, Meaning: v.Meaning,
		Flaws: []advisedFlaw{}, Notes: append([]string{}, notes...),
	}
	for _, flaw := range v.Flaws {
		r.Flaws = append(r.Flaws, advisedFlaw{flaw, verdict.Remedy(cb.Command, a, flaw)})
	}
	return r
}

func codesOf(flaws []advisedFlaw) string {
	plain := make([]verdict.Flaw, len(flaws))
	for i, flaw := range flaws {
		plain[i] = flaw.Flaw
	}
	return verdict.Codes(plain)
}

// write puts the report into words.
func (r lintReport) write(w io.Writer) error {
	var text strings.Builder
	to := ""
	if r.Command != "" {
		to = " to " + r.Command
	}
	fmt.Fprintf(&text, "%s: a reply%s of %s with status %d\n%s\n", r.File, to, plural(r.Bytes, "byte"), r.Status, r.Meaning)
	for _, flaw := range r.Flaws {
		fmt.Fprintf(&text, "FAILURE %s: %s\n  right: %s\n", flaw.Code, flaw.Text, flaw.Fix)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&text, "note: %s\n", note)
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
