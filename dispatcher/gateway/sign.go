package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"
)

// authFailure is why a request was not let in: a closed set, told to nobody but
// the operator.
type authFailure uint8

const (
	authOK authFailure = iota
	authBadQuery
	authWrongApp
	authMissingSign
	authBadTime
	authStale
	authBadSign

	authFailures // the number of them
)

// String returns the failure's label in switchhook_auth_failures_total.
func (f authFailure) String() string {
	return [authFailures]string{
		"", "bad_query", "wrong_app_id", "missing_signature", "bad_timestamp", "stale_timestamp", "bad_signature",
	}[f]
}

// maxTimeDigits bounds RequestTime: Unix seconds far beyond any clock, and far
// from overflow.
const maxTimeDigits = 12

// usualToken is the length of token that is hashed without allocating; Tencent
// limits a LiveKit token to 128 characters.
const usualToken = 128

// checkSign checks Sign and RequestTime against tokens: both present,
// RequestTime decimal Unix seconds no further than window from now, Sign the
// digest of one of the tokens. The order is part of the package's contract. A stale
// Sign is tried as well, only so that skew learns of a clock that is wrong.
func checkSign(tokens [][]byte, q *query, now time.Time, window time.Duration, skew *clockSkew) authFailure {
	if q.sign == "" || q.requestTime == "" {
		return authMissingSign
	}
	seconds, ok := decimal(q.requestTime)
	if !ok {
		return authBadTime
	}
	age := now.Sub(time.Unix(seconds, 0))
	stale, signed := age > window || age < -window, signedByAny(tokens, q.requestTime, q.sign)
	if signed {
		skew.read(seconds, now, stale)
	}
	switch {
	case stale:
		return authStale
	case !signed:
		return authBadSign
	default:
		return authOK
	}
}

// signedByAny reports whether sign is the hex SHA-256 of one of tokens followed
// by requestTime, as Tencent's overview page defines it (34354; letters of
// either case). Every token is hashed and compared in constant time, so the time
// taken tells neither how much of a guess was right nor which token it was.
func signedByAny(tokens [][]byte, requestTime, sign string) bool {
	var want [sha256.Size]byte
	if len(sign) != hex.EncodedLen(len(want)) {
		return false
	}
	var text [2 * sha256.Size]byte
	copy(text[:], sign)
	if _, err := hex.Decode(want[:], text[:]); err != nil {
		return false
	}
	var room [usualToken + maxTimeDigits]byte
	match := 0
	for _, token := range tokens {
		message := append(append(room[:0], token...), requestTime...)
		got := sha256.Sum256(message)
		match |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return match == 1
}

// decimal reads a number of digits only.
func decimal(s string) (int64, bool) {
	if s == "" || len(s) > maxTimeDigits {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
