package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

const (
	benchApp   = "1400000001"
	keepingApp = "1400000002" // its events are answered once they are stored
	benchToken = "a-token-of-the-console"
	command    = "Sns.CallbackBlackListAdd"
	okReply    = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
)

// request is the documented request of a command, signed once.
type request struct {
	target string
	body   string
}

func newRequest(app, command string) request {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256([]byte(benchToken + now))
	q := url.Values{
		"SdkAppid": {app}, "CallbackCommand": {command}, "contenttype": {"json"}, "ClientIP": {"127.0.0.1"},
		"OptPlatform": {"RESTAPI"}, "Sign": {hex.EncodeToString(sum[:])}, "RequestTime": {now},
	}
	body, _ := samples.Request(command)
	var compact strings.Builder
	var v any
	if json.Unmarshal(body, &v) == nil {
		_ = json.NewEncoder(&compact).Encode(v)
	}
	return request{target: "/?" + q.Encode(), body: strings.TrimSpace(compact.String())}
}

// bytes are the request on a connection.
func (r request) bytes(addr string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", r.target, addr, len(r.body), r.body)
}

// try sends the request once and wants a plain OK.
func (r request) try(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer conn.Close() //nolint:errcheck // one request
	return r.exchange(conn, bufio.NewReader(conn), r.bytes(addr))
}

// exchange sends the request on an open connection and reads the answer.
func (r request) exchange(conn net.Conn, in *bufio.Reader, raw []byte) error {
	if _, err := conn.Write(raw); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK || string(text) != okReply {
		return fmt.Errorf("answered %d %s", res.StatusCode, text)
	}
	return nil
}

// event is what a hand-written backend decodes the body into.
type event struct {
	CallbackCommand string `json:"CallbackCommand"`
	PairList        []pair `json:"PairList"`
}

type pair struct {
	From string `json:"From_Account"`
	To   string `json:"To_Account"`
}

func decode(body io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	var ev event
	if err := json.Unmarshal(raw, &ev); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if len(ev.PairList) == 0 {
		return errors.New("no pairs")
	}
	return nil
}
