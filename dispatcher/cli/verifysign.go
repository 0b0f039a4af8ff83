package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/signature"
)

// signReport is what there is to say about a Sign, for --output json. It never
// holds a token, nor the Sign that would have been right.
type signReport struct {
	OK       bool             `json:"ok"`
	Findings []report.Finding `json:"findings"`
}

func verifySignCommand(c *console) *cobra.Command {
	var tokenFile, at string
	window := time.Minute
	cmd := &cobra.Command{
		Use:   "verify-sign URL",
		Short: "Say why the Sign of a request is not accepted: token, time or spelling",
		Long: "Verify-sign checks Sign and RequestTime of a request as the gateway does, and says which of\n" +
			"token, time and spelling is off. URL is what was requested, its query alone, or a line of an\n" +
			"access log that holds it, in quotes, since the shell keeps & to itself; - is standard input.\n" +
			"The file has a token a line. Where none fits, the usual wrong ways to make a Sign are tried.\n\n" +
			"Tokens and the right Sign are never printed. A Sign that is not accepted ends in exit code 1.",
		Example: "  switchhook verify-sign --token-file token 'https://example.com/im?SdkAppid=1400000001&Sign=…&RequestTime=…'\n" +
			"  grep POST access.log | tail -1 | switchhook verify-sign --token-file token --at 2026-01-02T15:04:05+08:00 -",
		Args:              one("URL"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := c.signedQuery(args[0])
			if err != nil {
				return usage(cmd, err)
			}
			keys, err := keyring(tokenFile)
			if err != nil {
				return usage(cmd, err)
			}
			now, err := moment(at)
			if err != nil {
				return usage(cmd, err)
			}
			return c.verifySign(q, keys, now, window)
		},
	}
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "the `FILE` with the app's tokens, one a line (default $"+tokenVariable+")")
	cmd.Flags().StringVar(&at, "at", "", "when the request came, as `TIME` in RFC 3339 or in Unix seconds (default now)")
	cmd.Flags().DurationVar(&window, "window", window, "how far RequestTime may be from then, as sign_window in the gateway's file")
	return cmd
}

// verifySign is the command: look at each part, report, judge.
func (c *console) verifySign(q signature.Query, keys []signature.Key, now time.Time, window time.Duration) error {
	r := signReport{Findings: q.Check(keys, now, window)}
	failed := report.Failures(r.Findings)
	r.OK = failed == 0
	if err := c.print(r, func(w io.Writer) error { return report.Write(w, r.Findings) }); err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("the Sign would not be accepted: %s", plural(failed, "reason"))
	}
	return nil
}

// signedQuery reads a URL, a query or a line of a log; - is standard input.
func (c *console) signedQuery(text string) (signature.Query, error) {
	if text == "-" {
		read, err := c.read("-")
		if err != nil {
			return signature.Query{}, err
		}
		text = string(read)
	}
	return signature.ReadQuery(text)
}

// keyring reads the tokens, one a line, or the one in the environment.
func keyring(file string) ([]signature.Key, error) {
	text := os.Getenv(tokenVariable)
	if file != "" {
		read, err := os.ReadFile(file) //nolint:gosec // The user names the file; reading it is what they ask for.
		if err != nil {
			return nil, fmt.Errorf("read token: %w", err)
		}
		text = string(read)
	}
	keys := signature.Keys(text)
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no token: give --token-file FILE with one, or set %s", tokenVariable)
	}
	return keys, nil
}

// moment reads --at.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("--at %q is neither a time such as 2026-01-02T15:04:05+08:00 nor Unix seconds", text)
	}
	return at, nil
}
