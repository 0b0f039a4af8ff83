package cli

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/report"
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
		Args:              cobra.ExactArgs(1),
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
func (c *console) verifySign(q signedQuery, keys []key, now time.Time, window time.Duration) error {
	r := signReport{Findings: q.verify(keys, now, window)}
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

// signedQuery is the part of a request that a Sign is about.
type signedQuery struct {
	sign, requestTime string
	app               string
	signs, times      int      // how often each stands there
	spelt             []string // the keys that are spelt as Tencent does not
	escaped           bool     // the URL was copied out of HTML or JSON
	semicolons        bool     // which some take for &, so the gateway refuses them
}

// signedQuery reads a URL, a query or a line of a log.
func (c *console) signedQuery(text string) (signedQuery, error) {
	if text == "-" {
		read, err := c.read("-")
		if err != nil {
			return signedQuery{}, err
		}
		text = string(read)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return signedQuery{}, errors.New("there is no URL")
	}
	if _, after, found := strings.Cut(text, "?"); found {
		text = after
	}
	text, _, _ = strings.Cut(text, "#")
	if i := strings.IndexAny(text, " \t\r\n\"'"); i >= 0 {
		text = text[:i]
	}
	plain := strings.NewReplacer("&amp;", "&", `\u0026`, "&").Replace(text)
	q := signedQuery{escaped: plain != text, semicolons: strings.Contains(plain, ";")}
	for pair := range strings.SplitSeq(plain, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plainValue, valueErr := url.QueryUnescape(value)
		if err := errors.Join(err, valueErr); err != nil {
			return signedQuery{}, fmt.Errorf("read query at %s: %w", report.Visible(name), err)
		}
		q.take(plainName, plainValue)
	}
	return q, nil
}

// take notes one parameter, whatever the case of its name.
func (q *signedQuery) take(name, value string) {
	var right string
	switch strings.ToLower(name) {
	case "sign":
		right, q.sign = "Sign", value
		q.signs++
	case "requesttime":
		right, q.requestTime = "RequestTime", value
		q.times++
	case "sdkappid":
		q.app = value // Tencent's own pages spell it in three ways
		return
	default:
		return
	}
	if name != right {
		q.spelt = append(q.spelt, name+" for "+right)
	}
}

// key is one token of a file, as it stands there and as the gateway reads it.
type key struct {
	token string
	raw   string // with the white space around it, and the end of its line
	line  int
	of    int // how many there are
}

// keyring reads the tokens, one a line, or the one in the environment.
func keyring(file string) ([]key, error) {
	text := os.Getenv(tokenVariable)
	if file != "" {
		read, err := os.ReadFile(file) //nolint:gosec // The user names the file; reading it is what they ask for.
		if err != nil {
			return nil, fmt.Errorf("read token: %w", err)
		}
		text = string(read)
	}
	var keys []key
	line := 0
	for raw := range strings.Lines(text) {
		line++
		if token := strings.TrimSpace(raw); token != "" {
			keys = append(keys, key{token: token, raw: raw, line: line})
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no token: give --token-file FILE with one, or set %s", tokenVariable)
	}
	for i := range keys {
		keys[i].of = len(keys)
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
