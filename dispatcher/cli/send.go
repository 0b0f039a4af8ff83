package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk/imevent"
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
	body, raw           string
	list                bool
	signing             sender.Signing
	edits               []edit
	clientIP, platform  string
	timeout             time.Duration
	count, concurrency  int
	wait                time.Duration
	noWait              bool
}

func sendCommand(c *console) *cobra.Command {
	f := sendFlags{signing: sender.Good}
	cmd := &cobra.Command{
		Use:   "send COMMAND",
		Short: "Post a callback as Tencent would, and say what the reply means",
		Long: "Send builds a true request from the command's sample, signs it where there is a token,\n" +
			"posts it, and says what Tencent would make of the reply: from the reply's codes and keys,\n" +
			"its shape, and the time it took. A refusal is a fine reply; a reply that Tencent would\n" +
			"count as a failure ends in exit code 1.\n\n" +
			"App and address are asked of the running gateway when they are not given. Of it send\n" +
			"also tells the plugins that the command goes to, and what it counted when none of them stands\n" +
			"behind the reply.\n\n" +
			"An event that the gateway accepts durably is followed until every plugin has handled its copy,\n" +
			"for as long as --wait at most: where all have, the exit code is 0; where a copy is a dead letter,\n" +
			"or still waits, it is 1, and the report says why. --no-wait ends with the reply. Of many, with\n" +
			"--count, none is followed: `switchhook inbox status` shows what waits.\n\n" +
			"With --sign none, wrong or stale the request is one that has to be refused: 401 or 403 is\n" +
			"then the expected reply and ends in exit code 0, any other in 1.",
		Example: "  switchhook send Sns.CallbackBlackListAdd\n" +
			"  switchhook send Sns.CallbackBlackListAdd --set PairList.0.From_Account=alice --remove EventTime\n" +
			"  switchhook send C2C.CallbackBeforeSendMsg --body message.json --token-file token\n" +
			"  switchhook send C2C.CallbackBeforeSendMsg --raw broken.txt --sign stale\n" +
			"  switchhook send State.StateChange --count 10000 --concurrency 64\n" +
			"  switchhook send --list\n" +
			"  switchhook send --list friend",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.list {
				return cobra.MaximumNArgs(1)(cmd, args)
			}
			return one("COMMAND")(cmd, args)
		},
		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.list {
				return c.listCommands(strings.Join(args, ""))
			}
			return c.send(cmd, args[0], f)
		},
	}
	f.register(cmd)
	completeFlag(cmd, "platform", "RESTAPI", "Web", "Android", "iOS", "Windows", "Mac", "iPad", "Unknown")
	completeFlag(cmd, "sign", string(sender.Good), string(sender.None), string(sender.Wrong), string(sender.Stale))
	completeApps(cmd, c)
	return cmd
}

func (f *sendFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "list Tencent's commands instead, with their phase and when they are sent; a COMMAND then is a part of their names")
	flags.Var(edits{list: &f.edits}, "set", "set a value of the body, as in PairList.0.From_Account=alice; a JSON literal keeps its type, an index equal to the length appends")
	flags.Var(edits{list: &f.edits, remove: true}, "remove", "remove a key or an element from the body")
	flags.StringVar(&f.body, "body", "", "take the body, a JSON object, from `FILE` (- for standard input) instead of the sample")
	flags.StringVar(&f.raw, "raw", "", "post the bytes of `FILE` (- for standard input) as they are, JSON or not")
	flags.StringVar(&f.app, "app", "", "the `SDKAPPID` (default the running gateway's only app)")
	flags.StringVar(&f.tokenFile, "token-file", "", "sign with the token on the first line of `FILE` (default $"+tokenVariable+"; none: not signed)")
	flags.Var(&f.signing, "sign", "sign as Tencent does, or so that the request has to be refused: not at all, with a wrong token, or two hours ago")
	flags.StringVar(&f.url, "url", "", "post to `URL`, path included (default the running gateway's, whose certificate is not verified when its socket tells it)")
	flags.StringVar(&f.clientIP, "client-ip", "127.0.0.1", "the `IP` of the user's client, as ClientIP; empty leaves it out")
	flags.StringVar(&f.platform, "platform", "RESTAPI", "the `NAME` of the user's platform, as OptPlatform; empty leaves it out")
	flags.DurationVar(&f.timeout, "timeout", verdict.Patience, "wait `DURATION` for the reply; Tencent's is the default, and later than that is a failure")
	flags.DurationVar(&f.wait, "wait", defaultWait, "follow an event that was accepted for `DURATION` at most, until its plugins have handled it")
	flags.BoolVar(&f.noWait, "no-wait", false, "end with the reply, whatever the plugins make of it later")
	flags.IntVar(&f.count, "count", 1, fmt.Sprintf("post `N` times, at most %d, and print a summary", maxCount))
	flags.IntVar(&f.concurrency, "concurrency", 1, fmt.Sprintf("keep up to `N` requests under way, at most %d", maxConcurrency))
}

// send is the command: build, find the way, post, report.
func (c *console) send(cmd *cobra.Command, command string, f sendFlags) error {
	if err := errors.Join(f.validate(), f.checkWait(cmd.Flags().Changed("wait"))); err != nil {
		return usage(cmd, err)
	}
	cb := callback{Callback: sender.Callback{Command: command, ClientIP: f.clientIP, Platform: f.platform, Signing: f.signing}}
	var err error
	if cb.Body, cb.invented, err = c.body(command, f); err != nil {
		return usage(cmd, err)
	}
	if cb.Token, err = token(f.tokenFile); err != nil {
		return usage(cmd, err)
	}
	if cb.Token == "" && f.signing == sender.Stale {
		return usage(cmd, fmt.Errorf("--sign stale needs the true token, or the request is refused for another reason: give --token-file FILE or set %s", tokenVariable))
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
	case f.raw != "" && (f.body != "" || len(f.edits) > 0):
		return errors.New("--raw posts a file as it is: leave out --body, --set and --remove")
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

// body is what to post: the bytes of --raw, or else the given body or the
// command's sample with the edits made. Invented says that there is no sample,
// because no page describes the body, and the least stands in for it.
func (c *console) body(command string, f sendFlags) (body []byte, invented bool, err error) {
	switch {
	case f.raw != "":
		body, err = c.read(f.raw)
		return body, false, err
	case f.body != "":
		body, err = c.object(f.body)
	default:
		if body, invented, err = sampleOf(command); err != nil {
			err = fmt.Errorf("%w (--body FILE sends a command that is new)", err)
		}
	}
	if err != nil {
		return nil, false, err
	}
	body, err = revise(body, f.edits)
	return body, invented, err
}

// object reads a body that has to be a JSON object, as every callback's is.
func (c *console) object(path string) ([]byte, error) {
	body, err := c.read(path)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	var keys map[string]json.RawMessage
	if err = json.Unmarshal(body, &keys); err != nil {
		err = fmt.Errorf("decode JSON: %w", err)
	}
	if json.Valid(body) && keys == nil {
		err = errors.New("it is JSON, but not an object")
	}
	if err != nil {
		return nil, fmt.Errorf("read body: %w; --raw %s posts it as it is", err, path)
	}
	return body, nil
}

// sampleOf returns the command's sample, or the least body where no page
// describes one.
func sampleOf(command string) (body []byte, invented bool, err error) {
	if sample, found := samples.Request(command); found {
		return sample, false, nil
	}
	if _, listed := imevent.Spec(command); !listed {
		return nil, false, unknownCallback(command)
	}
	return fmt.Appendf(nil, `{"CallbackCommand":%q}`, command), true, nil
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
