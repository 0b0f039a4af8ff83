package natstest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Operator has signed one account, with JetStream, and the users in it.
type Operator struct {
	operator, account, system key
	tokens                    struct{ operator, account, system string }
}

// NewOperator makes an operator and its account.
func NewOperator(tb testing.TB) *Operator {
	tb.Helper()
	o := &Operator{operator: newKey(tb, operators), account: newKey(tb, accounts), system: newKey(tb, accounts)}
	limits := map[string]any{
		"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
		"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
	}
	// The system's own account may have no JetStream.
	bare := map[string]any{"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1}
	o.tokens.operator = o.operator.token(tb, o.operator, "operator", map[string]any{"system_account": o.system.public})
	o.tokens.account = o.operator.token(tb, o.account, "account", map[string]any{"limits": limits})
	o.tokens.system = o.operator.token(tb, o.system, "account", map[string]any{"limits": bare})
	return o
}

// Creds returns a file of credentials of a new user. Deny are the subjects that it may not
// publish on.
func (o *Operator) Creds(tb testing.TB, deny ...string) string {
	tb.Helper()
	user := newKey(tb, users)
	claims := map[string]any{"subs": -1, "data": -1, "payload": -1}
	if len(deny) != 0 {
		claims["pub"] = map[string]any{"deny": deny}
	}
	text := fmt.Sprintf("-----BEGIN NATS USER JWT-----\n%s\n------END NATS USER JWT------\n\n"+
		"-----BEGIN USER NKEY SEED-----\n%s\n------END USER NKEY SEED------\n", o.account.token(tb, user, "user", claims), user.seed())
	return secret(tb, "user.creds", text)
}

func (o *Operator) config() string {
	return fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: {\n  %s: %s\n  %s: %s\n}\n",
		o.tokens.operator, o.system.public, o.account.public, o.tokens.account, o.system.public, o.tokens.system)
}

// NewNKey makes the key of a user: the public half for [Options], and a file with the
// other.
func NewNKey(tb testing.TB) (public, seed string) {
	tb.Helper()
	user := newKey(tb, users)
	return user.public, secret(tb, "user.nk", user.seed()+"\n")
}

func secret(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// What a key is for, as its first letter says.
const (
	operators byte = 14 << 3 // O
	accounts  byte = 0 << 3  // A
	users     byte = 20 << 3 // U
	seeds     byte = 18 << 3 // S
)

// key is an ed25519 key as NATS writes them down.
type key struct {
	kind    byte
	public  string
	private ed25519.PrivateKey
}

func newKey(tb testing.TB, kind byte) key {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key{kind: kind, public: letters(append([]byte{kind}, public...)), private: private}
}

func (k key) seed() string {
	return letters(append([]byte{seeds | k.kind>>5, k.kind & 31 << 3}, k.private.Seed()...))
}

// letters writes bytes down with a checksum at their end.
func letters(raw []byte) string {
	var sum uint16 // CRC-16/XMODEM
	for _, b := range raw {
		sum ^= uint16(b) << 8
		for range 8 {
			carry := sum&0x8000 != 0
			sum <<= 1
			if carry {
				sum ^= 0x1021
			}
		}
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(binary.LittleEndian.AppendUint16(raw, sum))
}

// token says something of another key, or of this one, and is signed with this one.
func (k key) token(tb testing.TB, of key, kind string, claims map[string]any) string {
	tb.Helper()
	claims["type"], claims["version"] = kind, 2
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			tb.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	said := part(map[string]string{"typ": "JWT", "alg": "ed25519-nkey"}) + "." + part(map[string]any{
		"jti": of.public, "iat": time.Now().Unix(), "iss": k.public, "sub": of.public, "name": kind, "nats": claims,
	})
	return said + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.private, []byte(said)))
}
