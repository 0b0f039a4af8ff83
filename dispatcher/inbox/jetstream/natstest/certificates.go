package natstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are files of an authority and what it has signed.
type Certificates struct {
	// CA is the authority's certificate.
	CA string
	// Cert and Key are a client's.
	Cert, Key string

	server pair
}

type pair struct{ cert, key string }

// Certify makes an authority, which is valid as long as the test lasts, and certificates
// of a server on loopback and of a client.
func Certify(tb testing.TB) *Certificates {
	tb.Helper()
	s := signer{tb: tb, dir: tb.TempDir()}
	s.issuer = &x509.Certificate{
		Subject: pkix.Name{CommonName: "natstest"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	ca := s.sign("ca", s.issuer)
	leaf := func(name string, usage x509.ExtKeyUsage) pair {
		return s.sign(name, &x509.Certificate{
			Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
			DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		})
	}
	client := leaf("client", x509.ExtKeyUsageClientAuth)
	return &Certificates{CA: ca.cert, Cert: client.cert, Key: client.key, server: leaf("server", x509.ExtKeyUsageServerAuth)}
}

// signer signs with the first key that it makes.
type signer struct {
	tb     testing.TB
	dir    string
	issuer *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

func (s *signer) sign(name string, c *x509.Certificate) pair {
	s.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	if s.key == nil {
		s.key = key
	}
	s.serial++
	c.SerialNumber = big.NewInt(s.serial)
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	signed, err := x509.CreateCertificate(rand.Reader, c, s.issuer, &key.PublicKey, s.key)
	if err != nil {
		s.tb.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.tb.Fatal(err)
	}
	return pair{cert: s.write(name+".pem", "CERTIFICATE", signed), key: s.write(name+".key", "PRIVATE KEY", secret)}
}

func (s *signer) write(name, kind string, bytes []byte) string {
	s.tb.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
		s.tb.Fatal(err)
	}
	return path
}
