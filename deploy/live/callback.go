package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The commands of the stand, and who serves them.
const (
	decided   = "Group.CallbackBeforeSendMsg"           // a decision of steady's, which may be asked twice
	ruled     = "Group.CallbackBeforeCreateGroup"       // a decision of policy's
	crowded   = "Group.CallbackBeforeApplyJoinGroup"    // another, of which too many come at once
	narrow    = "Group.CallbackBeforeCreateTopic"       // another, of which the route lets pass one at once
	bypassed  = "OfficialAccount.CallbackBeforeSendMsg" // another, which is bypassed
	strayed   = "C2C.CallbackBeforeSendMsg"             // a decision of odd's
	unclaimed = "Group.CallbackBeforeInviteJoinGroup"   // a decision that nobody claims although it is routed
	mailed    = "C2C.CallbackAfterSendMsg"              // an event for mailer
	failing   = "Group.CallbackAfterSendMsg"            // another
	listed    = "Sns.CallbackBlackListAdd"              // an event for blacklist and steady
	unrouted  = "Profile.CallbackPortraitSet"           // an event of nobody's
)

// callback is one request.
type callback struct {
	command string
	body    string // nothing but the command where it is empty
	method  string // POST where it is empty
	path    string
	alter   func(url.Values)
}

// telling is a callback whose body tells a plugin what to do.
func telling(command, do string) callback {
	return callback{command: command, body: fmt.Sprintf(`{"CallbackCommand":%q,"Do":%q}`, command, do)}
}

// answer is what came back.
type answer struct {
	status int
	text   string
	took   time.Duration
}

// ok says that the callback was let pass, or acknowledged.
func (a answer) ok() bool {
	return a.status == http.StatusOK && strings.Contains(a.text, `"ErrorCode":0`)
}

// send sends a callback. A gateway whose machine was held up closes connections
// whose requests did not arrive in time; then it is sent again.
func (g *Gateway) send(ctx context.Context, c callback) (a answer, err error) {
	for range 3 {
		if a, err = g.post(ctx, c); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			break
		}
	}
	return a, err
}

func (g *Gateway) post(ctx context.Context, c callback) (a answer, err error) {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	query := url.Values{
		"SdkAppid": {app}, "CallbackCommand": {c.command}, "contenttype": {"json"}, "ClientIP": {"192.0.2.1"}, "OptPlatform": {"iOS"},
		"Sign": {sign(now)}, "RequestTime": {now},
	}
	if c.alter != nil {
		c.alter(query)
	}
	if c.body == "" {
		c.body = fmt.Sprintf(`{"CallbackCommand":%q}`, c.command)
	}
	if c.method == "" {
		c.method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, c.method, "https://"+g.listen+"/"+c.path+"?"+query.Encode(), strings.NewReader(c.body))
	if err != nil {
		return a, fmt.Errorf("send callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	began := time.Now()
	res, err := g.client.Do(req)
	if err != nil {
		return a, fmt.Errorf("send callback: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return a, fmt.Errorf("send callback: %w", err)
	}
	return answer{status: res.StatusCode, text: string(text), took: time.Since(began)}, nil
}

// sign signs a RequestTime.
func sign(at string) string {
	sum := sha256.Sum256([]byte(token + at))
	return hex.EncodeToString(sum[:])
}
