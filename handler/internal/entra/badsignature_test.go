package entra_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
)

func strangerKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// signed is a token that is good except for header and signature.
func signed(c *cloud, header map[string]any, sign func(text []byte) []byte) string {
	segments := make([]string, 2)
	for i, object := range []map[string]any{header, c.delegated()} {
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		segments[i] = encodeSegment(string(text))
	}
	text := strings.Join(segments, ".")
	return text + "." + encodeSegment(string(sign([]byte(text))))
}

func rs(key *rsa.PrivateKey, hash crypto.Hash) func([]byte) []byte {
	return func(text []byte) []byte {
		h := hash.New()
		h.Write(text)
		signature, err := rsa.SignPKCS1v15(nil, key, hash, h.Sum(nil))
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func badAlgorithms() []badToken {
	var tokens []badToken
	nothing := func([]byte) []byte { return nil }
	for _, none := range []string{"none", "None", "NONE", "nOnE", "", " none", "none "} {
		for what, sign := range map[string]func([]byte) []byte{"no signature": nothing,
			"some signature": func([]byte) []byte { return []byte("x") }} {
			tokens = append(tokens, badToken{fmt.Sprintf("alg %q with %s", none, what), refused, func(c *cloud) string {
				return signed(c, with(c.Header(), map[string]any{"alg": none}), sign)
			}})
		}
		tokens = append(tokens, badToken{fmt.Sprintf("alg %q with the right signature", none), refused,
			headed(map[string]any{"alg": none})})
	}
	for _, alg := range []any{nil, "rs256", "RS256 ", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
		"ES512", "EdDSA", "HS256", "RSA-OAEP", "dir", 256, []string{"RS256"}} {
		tokens = append(tokens, badToken{fmt.Sprintf("alg %v with the right signature", alg), refused,
			headed(map[string]any{"alg": alg})})
	}
	for what, secret := range map[string]func(*rsa.PublicKey) []byte{
		"PKCS#1 DER": x509.MarshalPKCS1PublicKey,
		"PKIX DER":   pkix,
		"PKIX PEM": func(key *rsa.PublicKey) []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(key)})
		},
		"modulus": func(key *rsa.PublicKey) []byte { return key.N.Bytes() },
	} {
		for _, alg := range []string{"HS256", "RS256"} {
			tokens = append(tokens, badToken{alg + " by HMAC with the public key as " + what, refused,
				func(c *cloud) string {
					return signed(c, with(c.Header(), map[string]any{"alg": alg}), func(text []byte) []byte {
						mac := hmac.New(sha256.New, secret(c.PublicKey()))
						mac.Write(text)
						return mac.Sum(nil)
					})
				}})
		}
	}
	return append(tokens, []badToken{
		{"RS256 by a stranger's key", refused, func(c *cloud) string {
			return signed(c, c.Header(), rs(strangerKey(), crypto.SHA256))
		}},
		{"RS512 in an RS256 token", refused, func(c *cloud) string {
			return signed(c, c.Header(), rs(strangerKey(), crypto.SHA512))
		}},
		{"ES256", refused, func(c *cloud) string {
			return signed(c, with(c.Header(), map[string]any{"alg": "ES256"}), func(text []byte) []byte {
				key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				if err != nil {
					panic(err)
				}
				digest := sha256.Sum256(text)
				r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
				if err != nil {
					panic(err)
				}
				return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
			})
		}},
		{"PS256 in an RS256 token", refused, func(c *cloud) string {
			return signed(c, c.Header(), func(text []byte) []byte {
				digest := sha256.Sum256(text)
				signature, err := rsa.SignPSS(rand.Reader, strangerKey(), crypto.SHA256, digest[:], nil)
				if err != nil {
					panic(err)
				}
				return signature
			})
		}},
		{"digest as signature", refused, func(c *cloud) string {
			return signed(c, c.Header(), func(text []byte) []byte { digest := sha512.Sum512(text); return digest[:] })
		}},
		{"signature of zeros", refused, func(c *cloud) string {
			return signed(c, c.Header(), func([]byte) []byte { return make([]byte, 256) })
		}},
		{"signature of one", refused, func(c *cloud) string {
			return signed(c, c.Header(), func([]byte) []byte { return append(make([]byte, 255), 1) })
		}},
		{"signature that is the modulus", refused, func(c *cloud) string {
			return signed(c, c.Header(), func([]byte) []byte { return c.PublicKey().N.Bytes() })
		}},
	}...)
}

func pkix(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return der
}
