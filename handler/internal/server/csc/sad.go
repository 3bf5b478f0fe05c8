package csc

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/signing"
)

// sadLife is how long an SAD is valid. The access token may end before.
const sadLife = 10 * time.Minute

const (
	tagBytes = 16 // bytes of the digest of one hash in an SAD
	sadHead  = 8  // bytes of the time
)

// activation is signature activation data: what credentials/authorize has allowed. It is
// authenticated with a key that is derived from the caller's own access token. So it is worthless
// with another token, and no instance has to store it or share a secret with others. Whoever has
// the token could make one, but only for what the token allows anyway, because signHash checks the
// role again.
type activation struct {
	until time.Time
	tags  [][]byte // of the hashes that may be signed; at least one
}

// authenticationKey derives the key that authenticates the SADs of a caller for one credential.
func authenticationKey(accessToken string, p signing.Principal, credential string) ([]byte, error) {
	caller := strings.Join([]string{"influxion csc sad", p.TenantID, p.ObjectID, p.ClientID,
		strings.ToLower(credential)}, "\x00")
	return hkdf.Key(sha256.New, []byte(accessToken), nil, caller, sha256.Size)
}

func tag(hash []byte) []byte {
	sum := sha256.Sum256(hash)
	return sum[:tagBytes]
}

// encode gives the activation and its HMAC as text.
func (a activation) encode(key []byte) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(a.until.Unix()))
	text = append(text, bytes.Join(a.tags, nil)...)
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(text))
}

// openSAD verifies the HMAC of an activation and decodes it.
func openSAD(text string, key []byte) (activation, error) {
	failed := func(cause string) (activation, error) {
		return activation{}, invalid("Invalid parameter SAD", errors.New(cause))
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	// The decoder skips line breaks.
	if err != nil || len(text) != base64.RawURLEncoding.EncodedLen(len(decoded)) ||
		len(decoded) < sadHead+tagBytes+sha256.Size || (len(decoded)-sadHead)%tagBytes != 0 {
		return failed("not an SAD")
	}
	end := len(decoded) - sha256.Size
	mac := hmac.New(sha256.New, key)
	mac.Write(decoded[:end])
	if !hmac.Equal(mac.Sum(nil), decoded[end:]) {
		return failed("not made for this token, caller and credential")
	}
	a := activation{until: time.Unix(int64(binary.BigEndian.Uint64(decoded)), 0)}
	for tags := range slices.Chunk(decoded[sadHead:end], tagBytes) {
		a.tags = append(a.tags, tags)
	}
	return a, nil
}

// allows returns an error if the hashes may not be signed now.
func (a activation) allows(hashes [][]byte, now time.Time) error {
	switch {
	case !now.Before(a.until):
		return invalid("SAD expired", nil)
	case len(hashes) > len(a.tags):
		return invalid("the SAD is for fewer signatures", nil)
	}
	for _, hash := range hashes {
		same := func(allowed []byte) bool { return bytes.Equal(allowed, tag(hash)) }
		if !slices.ContainsFunc(a.tags, same) {
			return invalid("Hash is not authorized by the SAD", nil)
		}
	}
	return nil
}
