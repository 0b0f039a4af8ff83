package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// tokenVariable names the environment variable that holds the token to sign
// with, where --token-file does not.
const tokenVariable = "SWITCHHOOK_TOKEN"

// What send does at most in one go: every time taken is kept for the summary.
const (
	maxCount       = 1_000_000
	maxConcurrency = 1024
)

// sendFlags is how send was called.
type sendFlags struct {
	app, url, tokenFile string
	body                string
	edits               []edit
	clientIP, platform  string
	timeout             time.Duration
	count, concurrency  int
}

func sendCommand(c *console) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send COMMAND",
		Short: "Post a callback as Tencent would, and say what the reply means",
		Long: "Send builds a true request from the command's sample, signs it where there is a token,\n" +
			"posts it, and says what Tencent would make of the reply: from the reply's codes and keys,\n" +
			"its shape, and the time it took. A refusal is a fine reply; a reply that Tencent would\n" +
			"count as a failure ends in exit code 1.\n\n" +
			"App and address are asked of the running gateway when they are not given.",
		Example: "  switchhook send Sns.CallbackBlackListAdd\n" +
			"  switchhook send Sns.CallbackBlackListAdd --set PairList.0.From_Account=alice --remove EventTime\n" +
			"  switchhook send C2C.CallbackBeforeSendMsg --body message.json --token-file token\n" +
			"  switchhook send State.StateChange --count 10000 --concurrency 64",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.send(cmd, args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.Var(edits{list: &f.edits}, "set", "set a value of the body, as in PairList.0.From_Account=alice; a JSON literal keeps its type, an index equal to the length appends")
	flags.Var(edits{list: &f.edits, remove: true}, "remove", "remove a key or an element from the body")
	flags.StringVar(&f.body, "body", "", "take the body from `FILE` (- for standard input) instead of the sample")
	flags.StringVar(&f.app, "app", "", "the `SDKAPPID` (default the running gateway's only app)")
	flags.StringVar(&f.tokenFile, "token-file", "", "sign with the token on the first line of `FILE` (default $"+tokenVariable+"; none: not signed)")
	flags.StringVar(&f.url, "url", "", "post to `URL`, path included (default the running gateway's, whose certificate is not verified when its socket tells it)")
	flags.StringVar(&f.clientIP, "client-ip", "127.0.0.1", "the `IP` of the user's client, as ClientIP; empty leaves it out")
	flags.StringVar(&f.platform, "platform", "RESTAPI", "the `NAME` of the user's platform, as OptPlatform; empty leaves it out")
	flags.DurationVar(&f.timeout, "timeout", Patience, "wait `DURATION` for the reply; Tencent's is the default, and later than that is a failure")
	flags.IntVar(&f.count, "count", 1, fmt.Sprintf("post `N` times, at most %d, and print a summary", maxCount))
	flags.IntVar(&f.concurrency, "concurrency", 1, fmt.Sprintf("keep up to `N` requests under way, at most %d", maxConcurrency))
	completeFlag(cmd, "platform", "RESTAPI", "Web", "Android", "iOS", "Windows", "Mac", "iPad", "Unknown")
	completeApps(cmd, c)
	return cmd
}

// send is the command: build, find the way, post, report.
func (c *console) send(cmd *cobra.Command, command string, f sendFlags) error {
	if err := f.validate(); err != nil {
		return usage(cmd, err)
	}
	cb := callback{command: command, clientIP: f.clientIP, platform: f.platform}
	var err error
	if cb.body, err = c.body(command, f); err != nil {
		return usage(cmd, err)
	}
	if cb.token, err = token(f.tokenFile); err != nil {
		return usage(cmd, err)
	}
	if err := c.address(cmd, &cb, f); err != nil {
		return err
	}
	if f.count == 1 {
		return c.sendOne(cmd.Context(), cb, f)
	}
	return c.sendMany(cmd.Context(), cb, f)
}

func (f sendFlags) validate() error {
	switch {
	case f.timeout <= 0:
		return errors.New("--timeout has to be more than 0")
	case f.count < 1 || f.count > maxCount:
		return fmt.Errorf("--count has to be between 1 and %d", maxCount)
	case f.concurrency < 1 || f.concurrency > maxConcurrency:
		return fmt.Errorf("--concurrency has to be between 1 and %d", maxConcurrency)
	default:
		return nil
	}
}

// body is the given body, or the command's sample, with the edits made.
func (c *console) body(command string, f sendFlags) ([]byte, error) {
	if f.body == "" {
		sample, found := samples.Request(command)
		if !found {
			return nil, unknownCallback(command)
		}
		return revise(sample, f.edits)
	}
	given, err := c.read(f.body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return revise(given, f.edits)
}

// read returns what stands in a file, or comes from standard input for "-".
func (c *console) read(path string) ([]byte, error) {
	if path == "-" {
		text, err := io.ReadAll(c.stdin)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return text, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // The user names the file; reading it is what they ask for.
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return text, nil
}

// token reads the token to sign with; none is no error. A file named on the
// command line wins over the environment.
func token(file string) (string, error) {
	if file == "" {
		return strings.TrimSpace(os.Getenv(tokenVariable)), nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // The user names the file; reading it is what they ask for.
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if first = strings.TrimSpace(first); first == "" {
		return "", fmt.Errorf("read token: %s is empty", file)
	}
	return first, nil
}
