package wire

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// frameOverhead is more than what tags, lengths and numbers of a frame take.
const frameOverhead = 160

// unknownPurpose is one that no protocol will ever have.
const unknownPurpose = wirepb.Purpose(math.MaxInt32)

// fillRequest writes cb into m, field by field: m is reused, and a protobuf
// message must not be copied.
func fillRequest(m *wirepb.HandleRequest, cb *sdk.Callback) {
	m.Id = text(cb.ID)
	m.Key = text(cb.Key)
	m.Command = text(cb.Command)
	m.AppId = text(cb.AppID)
	m.ClientIp = text(cb.ClientIP)
	m.Platform = text(cb.Platform)
	m.ReceivedAtUnixNanos = 0
	if !cb.ReceivedAt.IsZero() {
		m.ReceivedAtUnixNanos = cb.ReceivedAt.UnixNano()
	}
	m.Attempt = number(cb.Attempt)
	m.Redelivered = cb.Redelivered
	switch cb.Purpose {
	case sdk.Live:
		m.Purpose = wirepb.Purpose_PURPOSE_LIVE
	case sdk.Replay:
		m.Purpose = wirepb.Purpose_PURPOSE_REPLAY
	case sdk.DryRun:
		m.Purpose = wirepb.Purpose_PURPOSE_DRY_RUN
	default:
		m.Purpose = unknownPurpose
	}
	m.Traceparent = text(cb.Traceparent)
	m.Body = cb.Body
}

func requestSize(m *wirepb.HandleRequest) int {
	return frameOverhead + len(m.GetId()) + len(m.GetKey()) + len(m.GetCommand()) + len(m.GetAppId()) +
		len(m.GetClientIp()) + len(m.GetPlatform()) + len(m.GetReplayId()) + len(m.GetTraceparent()) + len(m.GetBody())
}

func callback(m *wirepb.HandleRequest) sdk.Callback {
	cb := sdk.Callback{
		ID:          m.GetId(),
		Key:         m.GetKey(),
		Command:     m.GetCommand(),
		AppID:       m.GetAppId(),
		ClientIP:    m.GetClientIp(),
		Platform:    m.GetPlatform(),
		Attempt:     int(m.GetAttempt()),
		Redelivered: m.GetRedelivered(),
		Traceparent: m.GetTraceparent(),
		Body:        m.GetBody(),
	}
	if n := m.GetReceivedAtUnixNanos(); n != 0 {
		cb.ReceivedAt = time.Unix(0, n).UTC()
	}
	switch m.GetPurpose() {
	case wirepb.Purpose_PURPOSE_UNSPECIFIED, wirepb.Purpose_PURPOSE_LIVE:
		cb.Purpose = sdk.Live
	case wirepb.Purpose_PURPOSE_REPLAY:
		cb.Purpose = sdk.Replay
	case wirepb.Purpose_PURPOSE_DRY_RUN:
		cb.Purpose = sdk.DryRun
	default:
		// A purpose of a later protocol is not live; the handler must not take
		// it for one.
		cb.Purpose = math.MaxUint8
	}
	return cb
}

// text returns s as protobuf wants it. Protobuf refuses to write a string that
// is not UTF-8, and a refused frame would end the stream for all others; parts
// of a callback come from an URL, and error texts from anywhere.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func number(n int) uint32 {
	return uint32(min(max(n, 0), math.MaxInt32))
}
