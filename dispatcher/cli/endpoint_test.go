package cli_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/switchhook/switchhook/dispatcher"
	front "github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

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

// serveSecure is `secure DAYS`: the real gateway serves over TLS, with a
// certificate for localhost that the program trusts and that ends after DAYS.
func serveSecure(ts *testscript.TestScript, args []string) {
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	now := time.Now()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, days).Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	ts.Check(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	files := front.TLS{CertFile: filepath.Join(ts.MkAbs("."), "cert.pem"), KeyFile: filepath.Join(ts.MkAbs("."), "key.pem")}
	ts.Check(os.WriteFile(files.CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	ts.Check(os.WriteFile(files.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
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
