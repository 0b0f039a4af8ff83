package gateway

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/switchhook/switchhook/dispatcher"
)

// plainReply is a response whose bytes never change. The header values are
// shared by all requests, which net/http only reads.
type plainReply struct {
	status int
	body   []byte
	length []string
}

// writer writes every response of the gateway: JSON, a Content-Length, one Write.
type writer struct {
	timeout     time.Duration // of one answer
	contentType []string
	ok          plainReply
	plain       map[int]plainReply // of the statuses that are not 200, and of health
	buffers     sync.Pool
}

// Texts of the health route. It is no callback and has no envelope.
const (
	healthReady    = `{"status":"ready"}` + "\n"
	healthNotReady = `{"status":"not ready"}` + "\n"
)

func newWriter(timeout time.Duration) *writer {
	w := &writer{
		timeout:     timeout,
		contentType: []string{"application/json"},
		ok:          newPlainReply(http.StatusOK, `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`),
		plain:       make(map[int]plainReply),
		buffers:     sync.Pool{New: func() any { return new([]byte) }},
	}
	for _, status := range refusals() {
		w.plain[status] = newPlainReply(status,
			`{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"`+http.StatusText(status)+`"}`)
	}
	return w
}

// refusals are the statuses other than 200 that the callback path may answer.
func refusals() []int {
	return []int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusInternalServerError, http.StatusServiceUnavailable,
	}
}

func newPlainReply(status int, body string) plainReply {
	return plainReply{status: status, body: []byte(body), length: []string{strconv.Itoa(len(body))}}
}

// refuse answers with a status and the generic body that belongs to it.
func (out *writer) refuse(w http.ResponseWriter, status int) { out.send(w, out.plain[status]) }

// acknowledge answers a plain OK.
func (out *writer) acknowledge(w http.ResponseWriter) { out.send(w, out.ok) }

// send writes a response that is known beforehand.
func (out *writer) send(w http.ResponseWriter, p plainReply) {
	out.begin(w)
	header := w.Header()
	header["Content-Type"] = out.contentType
	header["Content-Length"] = p.length
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body) // a sender that has gone is nobody to tell
}

// begin gives an answer its time to be sent. The server has no write deadline of
// its own: that would count from the request, a handler may take longer, and
// HTTP/2 would cut the stream and the handler with it.
func (out *writer) begin(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(out.timeout)) // a recorder in a test has none
}

// answer writes a result as the body that Tencent reads.
func (out *writer) answer(w http.ResponseWriter, result dispatcher.Result) {
	if !result.Failed && result.Reply.Code == 0 && result.Reply.Info == "" && len(result.Reply.Extra) == 0 {
		out.acknowledge(w)
		return
	}
	out.begin(w)
	buffer, _ := out.buffers.Get().(*[]byte)
	body := appendReply((*buffer)[:0], result)
	header := w.Header()
	header["Content-Type"] = out.contentType
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // as in send
	if cap(body) <= firstRead {
		*buffer = body
		out.buffers.Put(buffer)
	}
}

// appendReply appends the three keys that every reply has, then the members of
// Extra, which is a JSON object or empty. Nothing is escaped for HTML.
func appendReply(dst []byte, result dispatcher.Result) []byte {
	status := `{"ActionStatus":"OK","ErrorCode":`
	if result.Failed {
		status = `{"ActionStatus":"FAIL","ErrorCode":`
	}
	dst = append(dst, status...)
	dst = strconv.AppendInt(dst, int64(result.Reply.Code), 10)
	dst = append(dst, `,"ErrorInfo":`...)
	dst, _ = jsontext.AppendQuote(dst, result.Reply.Info) // broken UTF-8 becomes U+FFFD
	extra := bytes.TrimSpace(result.Reply.Extra)
	if len(extra) > 0 {
		if members := bytes.TrimSpace(extra[1 : len(extra)-1]); len(members) > 0 {
			dst = append(dst, ',')
			dst = append(dst, members...)
		}
	}
	return append(dst, '}')
}
