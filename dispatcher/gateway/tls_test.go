package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

// certificateEnd is when the certificates of these tests expire.
func certificateEnd() time.Time { return time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC) }

// newCertificate writes a self-signed pair for a host name into dir.
func newCertificate(t *testing.T, dir, host string) gateway.TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Unix(0, 0), NotAfter: certificateEnd(),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := gateway.TLS{
		CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), Poll: 5 * time.Millisecond,
	}
	writePEM(t, files.CertFile, "CERTIFICATE", certificate)
	writePEM(t, files.KeyFile, "EC PRIVATE KEY", der)
	return files
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// served returns the name in the certificate that a new connection is shown.
func (r *rig) shown() string {
	r.t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(r.t.Context(), "tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	secure, _ := conn.(*tls.Conn)
	return secure.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestCertificateIsReplacedWhileServing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := newCertificate(t, dir, "first")
	r := start(t, func(o *gateway.Options) { o.TLS = files })
	if got := r.shown(); got != "first" {
		t.Fatalf("shown %s", got)
	}
	r.wants(float64(certificateEnd().Unix()), "switchhook_tls_certificate_expiry_timestamp_seconds")

	newCertificate(t, dir, "second")
	r.eventually("the second certificate is shown", func() bool { return r.shown() == "second" })
	r.eventually("that is logged", func() bool { return strings.Contains(r.logs.String(), "new certificate taken over") })

	writePEM(t, files.KeyFile, "EC PRIVATE KEY", []byte("rubbish"))
	r.eventually("the broken key is reported", func() bool { return strings.Contains(r.logs.String(), "the old one stays") })
	if got := r.shown(); got != "second" {
		t.Errorf("shown %s with a broken key on disk", got)
	}
	if err := os.Remove(files.CertFile); err != nil {
		t.Fatal(err)
	}
	r.eventually("the missing file is reported", func() bool { return strings.Contains(r.logs.String(), "no such file") })
	if got := r.shown(); got != "second" {
		t.Errorf("shown %s without a certificate on disk", got)
	}

	newCertificate(t, dir, "third")
	r.eventually("the third certificate is shown", func() bool { return r.shown() == "third" })
	taken := func() int { return strings.Count(r.logs.String(), "new certificate taken over") }
	r.eventually("that is logged too", func() bool { return taken() >= 2 })
	for range 50 { // meanwhile the files are looked at, and found as they were
		r.shown()
	}
	if n := taken(); n != 2 {
		t.Errorf("two new certificates were taken over %d times", n)
	}
	if strings.Contains(r.logs.String(), "PRIVATE") {
		t.Error("a key was logged")
	}
}

func TestCallbacksOverTLS(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]string{"HTTP/1.1": "HTTP/1.1", "HTTP/2": "HTTP/2.0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := newCertificate(t, t.TempDir(), "gateway")
			r := start(t, func(o *gateway.Options) { o.TLS, o.MaxBody = files, smallBody })
			pool := x509.NewCertPool()
			chain, err := os.ReadFile(files.CertFile)
			if err != nil {
				t.Fatal(err)
			}
			pool.AppendCertsFromPEM(chain)
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: protocol == "HTTP/2.0"}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			for body, status := range map[string]int{afterBody: 200, strings.Repeat("x", 1<<20): 413, "{": 400} {
				resp, err := client.Post("https://"+r.addr+"/?"+signedQuery(afterCommand), "", strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if resp.StatusCode != status || resp.Proto != protocol {
					t.Errorf("answered %d over %s, want %d", resp.StatusCode, resp.Proto, status)
				}
			}
		})
	}
}

func TestOldTLSIsNotSpoken(t *testing.T) {
	t.Parallel()
	files := newCertificate(t, t.TempDir(), "gateway")
	r := start(t, func(o *gateway.Options) { o.TLS = files })
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}}
	conn, err := dialer.DialContext(t.Context(), "tcp", r.addr)
	if err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

// Nothing has been started when New fails.
func TestACertificateThatDoesNotFitIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := newCertificate(t, dir, "gateway")
	files.KeyFile = filepath.Join(newDir(t, dir, "other"), "key.pem")
	newCertificate(t, filepath.Dir(files.KeyFile), "other")
	_, err := gateway.New(gateway.Options{Dispatch: blockUntil(nil, nil), TLS: files})
	if err == nil || !strings.Contains(err.Error(), files.KeyFile) || !strings.Contains(err.Error(), "tls.key") {
		t.Errorf("New returned %v", err)
	}
}

// A handler may take longer than an answer may take to be sent, over HTTP/2 too.
func TestLateAnswerOverTLS(t *testing.T) {
	t.Parallel()
	const writeTimeout = 50 * time.Millisecond
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := newCertificate(t, t.TempDir(), "gateway")
			r := start(t, func(o *gateway.Options) {
				o.TLS, o.WriteTimeout = files, writeTimeout
				o.Dispatch = func(ctx context.Context, _ callback) result {
					select {
					case <-time.After(3 * writeTimeout):
					case <-ctx.Done():
						t.Error("the handler was cut off")
					}
					return result{}
				}
			})
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: http2}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			resp, err := client.Post("https://"+r.addr+"/?"+signedQuery(afterCommand), "", strings.NewReader(afterBody))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || (resp.ProtoMajor == 2) != http2 {
				t.Errorf("answered %d over %s", resp.StatusCode, resp.Proto)
			}
		})
	}
}

func newDir(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
