package entra

import (
	"errors"
	"fmt"
)

// parseHeader checks a JOSE header (RFC 7515 section 4) and gives its kid. Keys come from the
// authority alone: a parameter that brings or names a key refuses the token, and so does one that
// changes what the signature is over. x5t repeats kid, and unknown parameters mean nothing.
func parseHeader(text []byte) (keyID string, err error) {
	var algorithm, tokenType string
	err = readObject(text, func(o *object, name string) (err error) {
		switch name {
		case "alg":
			algorithm, err = o.text()
		case "kid":
			keyID, err = o.text()
		case "typ":
			tokenType, err = o.text()
		case "x5t", "x5t#S256":
			_, err = o.text()
		case "nonce":
			// Only tokens of Microsoft Graph have one. Their signature is over its digest and
			// verifies nowhere else.
			return fmt.Errorf("%w (nonce in the header: Microsoft Graph)", errOtherAPI)
		case "crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip", "cty", "epk", "apu", "apv", "iv", "tag",
			"p2s", "p2c":
			return errors.New("a forbidden parameter")
		default:
			return o.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return "", err
	case algorithm != "RS256":
		return "", errors.New("alg is not RS256")
	case tokenType != "JWT" && tokenType != "at+jwt":
		return "", errors.New("typ is not of an access token")
	case !isKeyID(keyID):
		return "", errors.New("kid missing or of a form that the authority never writes")
	}
	return keyID, nil
}

// isKeyID tells whether text can be a kid of Entra ID, which writes thumbprints in base64url. All
// unreserved characters of RFC 3986 are let through. A kid is all that it takes to have keys
// fetched, so one that cannot be the authority's is refused before that.
func isKeyID(text string) bool {
	if text == "" || len(text) > maxKeyID {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}
