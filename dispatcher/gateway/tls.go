package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// DefaultTLSPoll is how often certificate files are looked at when TLS.Poll is 0.
const DefaultTLSPoll = 10 * time.Second

// TLS names the certificate of the public listener. The zero TLS means none.
type TLS struct {
	// CertFile holds the certificate chain and KeyFile its private key, in PEM.
	// They may be replaced while serving: a pair that fits is taken over within
	// Poll, one that does not is logged and the old pair kept.
	CertFile, KeyFile string
	// Poll is how often the files are looked at; DefaultTLSPoll when 0.
	Poll time.Duration
}

// keyPair is the certificate in use and the files it comes from. Only its watch
// reads the files, so all but the current pair belongs to one goroutine.
type keyPair struct {
	files   TLS
	log     *slog.Logger
	expiry  prometheus.Gauge
	current atomic.Pointer[tls.Certificate]
	seen    [sha256.Size]byte // of the files' content when last tried
	trouble string            // what was logged last, so that it is logged once
}

// newKeyPair reads the files for the first time.
func newKeyPair(files TLS, log *slog.Logger, expiry prometheus.Gauge) (*keyPair, error) {
	if files.Poll == 0 {
		files.Poll = DefaultTLSPoll
	}
	k := &keyPair{files: files, log: log, expiry: expiry}
	if _, err := k.load(); err != nil {
		return nil, err
	}
	return k, nil
}

// config returns a configuration that always serves the current pair. Only TLS
// 1.2 and later is spoken.
func (k *keyPair) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.current.Load(), nil },
	}
}

// watch looks at the files until ctx ends. Their content is compared, not their
// times: a mounted secret changes by a swapped link and may keep its time.
func (k *keyPair) watch(ctx context.Context) {
	ticker := time.NewTicker(k.files.Poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			changed, err := k.load()
			k.report(ctx, changed, err)
		}
	}
}

// report logs what came of looking at the files.
func (k *keyPair) report(ctx context.Context, changed bool, err error) {
	switch {
	case err != nil && err.Error() != k.trouble:
		k.trouble = err.Error()
		k.log.ErrorContext(ctx, "new certificate not taken over, the old one stays", "err", err)
	case err == nil && !changed:
		k.trouble = ""
	case err == nil:
		k.trouble = ""
		k.log.InfoContext(ctx, "new certificate taken over", "file", k.files.CertFile, "expires", k.current.Load().Leaf.NotAfter)
	}
}

// load reads the files and makes their pair the current one when they have
// changed. A pair that was tried before is not tried again.
func (k *keyPair) load() (changed bool, err error) {
	certificate, certErr := os.ReadFile(k.files.CertFile)
	key, keyErr := os.ReadFile(k.files.KeyFile)
	if err := errors.Join(certErr, keyErr); err != nil {
		return false, fmt.Errorf("read certificate: %w", err)
	}
	content := sha256.Sum256(bytes.Join([][]byte{certificate, key}, []byte{0}))
	if content == k.seen {
		return false, nil
	}
	k.seen = content
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return false, fmt.Errorf("load certificate %s with key %s: %w", k.files.CertFile, k.files.KeyFile, err)
	}
	k.current.Store(&pair)
	k.expiry.Set(float64(pair.Leaf.NotAfter.Unix()))
	return true, nil
}
