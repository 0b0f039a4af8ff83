package cli_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/signature"
)

const (
	secret  = "a-Secret-42"
	sentApp = "1400000001"
)

// findings is what verify-sign and doctor print for machines.
type findings struct {
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Text   string `json:"text"`
	Do     string `json:"do"`
}

// of returns what was found by a check, a line each.
func (f findings) of(check string) string {
	var text strings.Builder
	for _, one := range f.Findings {
		if one.Check == check {
			fmt.Fprintf(&text, "%s: %s\n", one.Result, one.Text)
		}
	}
	return text.String()
}

func sha(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func TestVerifySignUsesTheClock(t *testing.T) {
	t.Parallel()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	query := "Sign=" + signature.Sign(secret, now) + "&RequestTime=" + now
	var out bytes.Buffer
	code := cli.Program{}.Execute(t.Context(), []string{"verify-sign", "--token-file", write(t, "tokens", secret), query}, nil, &out, &out)
	if code != cli.ExitOK {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}
