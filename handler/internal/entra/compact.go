package entra

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

var errOtherAPI = errors.New("token is for another API")

// compactToken is an access token in JWS compact serialization (RFC 7515 section 7.1), split into
// its parts but not verified.
type compactToken struct {
	signingInput []byte // the first two segments: what the signature is over
	keyID        string
	payload      []byte // the JSON text of the claims
	claims       claims
	signature    []byte
}

// parseCompact splits a token before any cryptography. Where readers are known to differ it is
// stricter than the standards: no white space, no padding, no unused bits, and no member twice. The
// caller has bounded its length.
func parseCompact(text []byte) (*compactToken, error) {
	if len(text) == 0 {
		return nil, errors.New("no token")
	}
	first, second, err := segments(text)
	if err != nil {
		return nil, err
	}
	header, err := decodeSegment(text[:first])
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	t := &compactToken{signingInput: text[:second]}
	if t.payload, err = decodeSegment(text[first+1 : second]); err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	if t.signature, err = decodeSegment(text[second+1:]); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if t.keyID, err = parseHeader(header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if t.claims, err = parseClaims(t.payload); err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	return t, nil
}

// segments finds the two dots.
func segments(text []byte) (first, second int, err error) {
	// encoding/base64 skips line breaks even when it is strict.
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return 0, 0, errors.New("a line break")
	}
	first = bytes.IndexByte(text, '.')
	second = first + 1 + bytes.IndexByte(text[first+1:], '.')
	if first < 0 || second <= first || bytes.IndexByte(text[second+1:], '.') >= 0 {
		return 0, 0, errors.New("not three segments")
	}
	return first, second, nil
}

// strictBase64 refuses unused bits that are set after the last byte: they would give one signature
// several spellings.
var strictBase64 = base64.RawURLEncoding.Strict()

func decodeSegment(segment []byte) ([]byte, error) {
	if len(segment) == 0 {
		return nil, errors.New("empty")
	}
	decoded := make([]byte, strictBase64.DecodedLen(len(segment)))
	n, err := strictBase64.Decode(decoded, segment)
	if err != nil {
		return nil, errors.New("not strict base64url")
	}
	return decoded[:n], nil
}
