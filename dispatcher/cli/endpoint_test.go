package cli_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/switchhook/switchhook/dispatcher"
	front "github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

// endpoint is a callback endpoint as somebody may have written it. Its zero
// value does everything right, and each field one thing wrong.
type endpoint struct {
	takesUnsigned, takesAnySign, takesAnyTime, takesAnyApp bool
	wantsCommand                                           bool // of the console's probe too
	hangs, hangsUp                                         bool
	date                                                   string // of its clock
	status                                                 int
	body                                                   string // ok when empty
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
		q.Get("Sign") != "" && q.Get("Sign") != sha(secret+q.Get("RequestTime")) && !e.takesAnySign,
		q.Get("Sign") != "" && stale(q.Get("RequestTime")) && !e.takesAnyTime,
		q.Get("SdkAppid") != "" && q.Get("SdkAppid") != sentApp && !e.takesAnyApp,
		q.Get("CallbackCommand") == "" && e.wantsCommand:
		w.WriteHeader(http.StatusForbidden)
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

// serveGateway serves the real gateway with app sentApp until stop is called.
func serveGateway(app front.App, files front.TLS) (port string, stop func() error, err error) {
	g, err := front.New(front.Options{
		TLS:      files,
		Dispatch: func(context.Context, sdk.Callback) dispatcher.Result { return dispatcher.Result{} },
	})
	if err != nil {
		return "", nil, err
	}
	g.SetApps([]front.App{app})
	listener, err := front.Listen(context.Background(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		return "", nil, err
	}
	if _, port, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		return "", nil, err
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(context.Background(), listener) }()
	return port, func() error {
		if err := g.Shutdown(context.Background()); err != nil {
			return err
		}
		return <-served
	}, nil
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

// serveSecure is `secure DAYS`: the real gateway serves over TLS, with a
// certificate for localhost that the program trusts and that ends after DAYS.
func serveSecure(ts *testscript.TestScript, args []string) {
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	now := time.Now()
	pair, err := certificate(x509.Certificate{DNSNames: []string{"localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, days).Add(time.Hour)}, false)
	ts.Check(err)
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	ts.Check(err)
	files := front.TLS{CertFile: filepath.Join(ts.MkAbs("."), "cert.pem"), KeyFile: filepath.Join(ts.MkAbs("."), "key.pem")}
	ts.Check(os.WriteFile(files.CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600))
	ts.Check(os.WriteFile(files.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	port, stop, err := serveGateway(front.App{ID: sentApp, Tokens: []string{secret}}, files)
	ts.Check(err)
	ts.Defer(func() {
		if err := stop(); err != nil {
			ts.Logf("gateway: %v", err)
		}
	})
	ts.Setenv("SECURE", "https://localhost:"+port+"/")
	ts.Setenv("SSL_CERT_FILE", files.CertFile)
}
