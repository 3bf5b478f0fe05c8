package entra

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
)

// webKey is the part of a JWK (RFC 7517) that is used. The certificate that Entra ID adds has no
// further information.
type webKey struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	KeyID     string `json:"kid"`
	Algorithm string `json:"alg"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
	Issuer    string `json:"issuer"`
}

// parseKeySet reads a JWK Set and gives the keys, by kid, that verify the issuer's tokens. It skips
// entries for other uses, algorithms or issuers, and weak keys. A kid with two different keys is
// ambiguous, and neither is used. A set without a usable key is an error.
func parseKeySet(text []byte, issuer, template string) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("not a JWK set")
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("too many keys")
	}
	keys := map[string]*rsa.PublicKey{}
	ambiguous := map[string]bool{}
	for _, entry := range set.Keys {
		var jwk webKey
		if json.Unmarshal(entry, &jwk) != nil || !jwk.signsFor(issuer, template) {
			continue
		}
		key, ok := jwk.publicKey()
		if !ok {
			continue
		}
		if other := keys[jwk.KeyID]; other != nil && !other.Equal(key) {
			ambiguous[jwk.KeyID] = true
		}
		keys[jwk.KeyID] = key
	}
	for kid := range ambiguous {
		delete(keys, kid)
	}
	if len(keys) == 0 {
		return nil, errors.New("no usable key")
	}
	return keys, nil
}

// signsFor reports whether the key is for RS256 tokens of the issuer. An entry of Entra ID names
// its issuer, or the template for all tenants; an entry without a name is the issuer's, because it
// is in the tenant's own document.
func (k webKey) signsFor(issuer, template string) bool {
	return k.KeyType == "RSA" && k.Use == "sig" && (k.Algorithm == "" || k.Algorithm == "RS256") &&
		isKeyID(k.KeyID) && (k.Issuer == "" || k.Issuer == issuer || k.Issuer == template)
}

func (k webKey) publicKey() (*rsa.PublicKey, bool) {
	modulus, ok := unsigned(k.Modulus, maxModulusBits)
	if !ok || modulus.BitLen() < minModulusBits || modulus.Bit(0) == 0 {
		return nil, false
	}
	exponent, ok := unsigned(k.Exponent, 31)
	if !ok || exponent.Bit(0) == 0 || exponent.Int64() < minExponent {
		return nil, false
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, true
}

// unsigned reads a Base64urlUInt (RFC 7518 section 2).
func unsigned(text string, maxBits int) (*big.Int, bool) {
	if len(text) > maxBits/4 {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	n := new(big.Int).SetBytes(raw)
	return n, n.BitLen() <= maxBits
}
