package doctor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/signature"
)

const ok = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`

// endpoint is a callback endpoint as somebody may have written it. Its zero
// value does everything right, and each field one thing wrong.
type endpoint struct {
	takesUnsigned, takesAnySign, takesAnyTime, takesAnyApp bool
	wantsCommand                                           bool // of the console's probe too
	hangs, hangsUp                                         bool
	date                                                   string // of its clock
	status                                                 int
	body                                                   string // ok when empty
	refusal                                                string // with 200; else 403
}

// ServeHTTP answers what comes for app sentApp with the token secret.
func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if e.date != "" {
		w.Header().Set("Date", e.date)
	}
	switch q := r.URL.Query(); {
	case e.hangs:
		<-r.Context().Done()
	case q.Get("Sign") == "" && !e.takesUnsigned,
		q.Get("Sign") != "" && q.Get("Sign") != signature.Sign(secret, q.Get("RequestTime")) && !e.takesAnySign,
		q.Get("Sign") != "" && stale(q.Get("RequestTime")) && !e.takesAnyTime,
		q.Get("SdkAppid") != "" && q.Get("SdkAppid") != sentApp && !e.takesAnyApp,
		q.Get("CallbackCommand") == "" && e.wantsCommand:
		if e.refusal == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, e.refusal)
	default:
		e.answer(w)
	}
}

func (e endpoint) answer(w http.ResponseWriter) {
	if e.hangsUp {
		w.Header().Set("Connection", "close")
	}
	if e.status != 0 {
		w.WriteHeader(e.status)
	}
	if e.body == "" {
		e.body = ok
	}
	_, _ = io.WriteString(w, e.body)
}

func stale(at string) bool {
	seconds, err := strconv.ParseInt(at, 10, 64)
	return err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute
}

// serveEndpoint serves e for the length of the test.
func serveEndpoint(t *testing.T, e endpoint) (url string) {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server.URL + "/im"
}

// certificate makes a pair that signed itself, or that an authority signed that
// nobody knows.
func certificate(template x509.Certificate, authority bool) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template.SerialNumber, template.Subject = big.NewInt(1), pkix.Name{CommonName: "test"}
	parent, signer := template, key
	if authority {
		parent.Subject = pkix.Name{CommonName: "authority"}
		if signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return tls.Certificate{}, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &parent, &key.PublicKey, signer)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
