package entra

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// maxToken bounds a token before anything else is done to it, whatever the caller of this package has checked. Entra ID's are about
// 2 kB; those with many groups reach 8 kB.
const maxToken = 16 << 10

const maxKeyID = 256

var errOtherAPI = errors.New("token is for another API")

// token is an access token in JWS compact serialization (RFC 7515 section 7.1), taken apart but not verified.
type token struct {
	signed    string // first two segments: what the signature is over
	algorithm string
	keyID     string
	claims    claims
	signature []byte
}

// parseToken takes a token apart before any cryptography. It is stricter than the standards where readers are known to differ:
// no whitespace, no padding, no stray bits, no second meaning anywhere.
func parseToken(text string) (*token, error) {
	if text == "" {
		return nil, errors.New("no token")
	}
	if len(text) > maxToken {
		return nil, errors.New("token too long")
	}
	first, second, err := segments(text)
	if err != nil {
		return nil, err
	}
	header, err := decode(text[:first])
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	payload, err := decode(text[first+1 : second])
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	t := &token{signed: text[:second]}
	if t.signature, err = decode(text[second+1:]); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if t.algorithm, t.keyID, err = parseHeader(string(header)); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if t.claims, err = parseClaims(string(payload)); err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	return t, nil
}

// segments finds the two dots.
func segments(text string) (first, second int, err error) {
	// encoding/base64 skips line breaks even when it is strict.
	if strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0 {
		return 0, 0, errors.New("a line break")
	}
	first = strings.IndexByte(text, '.')
	second = first + 1 + strings.IndexByte(text[first+1:], '.')
	if first < 0 || second <= first || strings.IndexByte(text[second+1:], '.') >= 0 {
		return 0, 0, errors.New("not three segments")
	}
	return first, second, nil
}

// strictBase64 refuses stray bits behind the last byte: else one signature would have several spellings.
var strictBase64 = base64.RawURLEncoding.Strict()

func decode(segment string) ([]byte, error) {
	if segment == "" {
		return nil, errors.New("empty")
	}
	out := make([]byte, strictBase64.DecodedLen(len(segment)))
	n, err := strictBase64.Decode(out, []byte(segment))
	if err != nil {
		return nil, errors.New("not strict base64url")
	}
	return out[:n], nil
}

// parseHeader checks the header and gives alg and kid. Keys come from the authority alone, so parameters that bring or name one,
// and those that change what the signature is over, refuse the token; x5t repeats kid, and unknown ones mean nothing (RFC 7515
// section 4).
func parseHeader(text string) (algorithm, keyID string, err error) {
	var kind string
	o := object{text: text}
	for o.next() {
		ok := true
		switch o.name {
		case "alg":
			algorithm, ok = o.value.text()
		case "kid":
			keyID, ok = o.value.text()
		case "typ":
			kind, ok = o.value.text()
		case "x5t", "x5t#S256":
			_, ok = o.value.text()
		case "nonce":
			// Only tokens of Microsoft Graph have one; their signature is over its digest and verifies nowhere else.
			return "", "", fmt.Errorf("%w (nonce in the header: Microsoft Graph)", errOtherAPI)
		case "crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip", "cty", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c":
			return "", "", errors.New("a forbidden parameter")
		}
		if !ok {
			return "", "", errors.New("a parameter of a wrong type")
		}
	}
	switch {
	case o.err != nil:
		return "", "", o.err
	case algorithm != "RS256":
		return "", "", errors.New("alg is not RS256")
	case kind != "JWT" && kind != "at+jwt":
		return "", "", errors.New("typ is not of an access token")
	case keyID == "" || len(keyID) > maxKeyID:
		return "", "", errors.New("kid missing or too long")
	}
	return algorithm, keyID, nil
}
