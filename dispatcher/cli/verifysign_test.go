package cli_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/signature"
)

const (
	secret  = "a-Secret-42"
	sentApp = "1400000001"
)

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
