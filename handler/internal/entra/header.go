package entra

import (
	"errors"
	"fmt"
)

// parseHeader checks a JOSE header (RFC 7515 section 4) and gives its kid. Keys come from the
// authority alone, so it refuses a parameter that contains or names a key, and a parameter that
// changes what is signed. It ignores x5t, which repeats kid, and unknown parameters.
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
			// Only tokens of Microsoft Graph have a nonce. Their signature is over its digest, and
			// only Microsoft Graph can verify it.
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
		return "", errors.New("typ is not that of an access token")
	case !isKeyID(keyID):
		return "", errors.New("kid missing or of a form that the authority never writes")
	}
	return keyID, nil
}

// isKeyID reports whether a text can be a kid of Entra ID, which writes thumbprints in base64url;
// it allows all unreserved characters of RFC 3986. An unknown kid causes a fetch, so a kid that
// Entra ID cannot have written is refused first.
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
