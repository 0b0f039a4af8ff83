package apptest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

const (
	// App is the app of the tests.
	App = "1400000001"
	// Token is its token.
	Token = "a-token-of-the-console"

	// Told is an event, every one of which may be sent again.
	Told = "Sns.CallbackBlackListAdd"
	// Decided is a decision that may be asked again.
	Decided = "Group.CallbackBeforeSendMsg"

	// OKReply is the reply that lets everything pass, and acknowledges an event.
	OKReply = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
)

// Query is what Tencent puts into the URL, signed with token now.
func Query(app, command, token string) url.Values {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256([]byte(token + now))
	return url.Values{
		"SdkAppid": {app}, "CallbackCommand": {command}, "contenttype": {"json"}, "ClientIP": {"192.0.2.1"},
		"OptPlatform": {"iOS"}, "Sign": {hex.EncodeToString(sum[:])}, "RequestTime": {now},
	}
}

// Answer is what a callback got.
type Answer struct {
	Status int
	Body   string
	ID     string // of the callback, as the answer names it
	Took   time.Duration
}

// OK says that the callback was let pass, or acknowledged.
func (a Answer) OK() bool { return a.Status == http.StatusOK && a.Body == OKReply }

func (a Answer) String() string {
	return fmt.Sprintf("%d %s after %s", a.Status, a.Body, a.Took)
}

// Post sends a callback to an address and returns what came back. It may be called from
// many goroutines.
func Post(client *http.Client, addr string, query url.Values, body string) (Answer, error) {
	began := time.Now()
	res, err := client.Post("http://"+addr+"/?"+query.Encode(), "application/json", strings.NewReader(body)) //nolint:noctx // clients have a timeout
	if err != nil {
		return Answer{}, err //nolint:wrapcheck // it says all
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	return Answer{Status: res.StatusCode, Body: string(text), ID: res.Header.Get(gateway.IDHeader), Took: time.Since(began)}, err //nolint:wrapcheck // it says all
}
