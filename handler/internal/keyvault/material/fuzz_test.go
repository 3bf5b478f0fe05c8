package material_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

// FuzzParse feeds secret values to the reader. An accepted value must be able to sign: the key
// signs, the leaf verifies the signature and is valid now, and the next certificate of the chain
// has signed each one.
func FuzzParse(f *testing.F) {
	now := time.Now()
	issuer := issuer(f)
	seeds := 0
	for _, algorithm := range []pkitest.Algorithm{pkitest.P256, pkitest.RSA2048} {
		key := newKey(f, algorithm)
		chain, err := issuer.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
		if err != nil {
			f.Fatal(err)
		}
		for _, format := range []keyvaulttest.Format{
			keyvaulttest.PEM, keyvaulttest.Modern, keyvaulttest.Modern2026, keyvaulttest.LegacyDES,
			keyvaulttest.LegacyRC2,
		} {
			contentType, value, err := keyvaulttest.Encode(format, chain, key)
			if err != nil {
				f.Fatal(err)
			}
			if _, _, err := parse(contentType, value, now); err != nil {
				f.Fatalf("%s: got %v, want a seed that is accepted", format, err)
			}
			raw := []byte(value)
			if contentType == typePKCS12 {
				if raw, err = base64.StdEncoding.DecodeString(value); err != nil {
					f.Fatal(err)
				}
			}
			f.Add(contentType == typePKCS12, raw)
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, binary bool, raw []byte) {
		contentType, value := typePEM, string(raw)
		if binary {
			// The fuzzer mutates the decoded file, because nearly every mutation of base64 is
			// refused at once.
			contentType, value = typePKCS12, base64.StdEncoding.EncodeToString(raw)
		}
		chain, key, err := parse(contentType, value, now)
		if err != nil {
			if chain != nil || key != nil || strings.Contains(err.Error(), "internal error") {
				t.Fatalf("got %v with a chain of %d", err, len(chain))
			}
			return
		}
		digest := sha256.Sum256(raw)
		signature, err := key.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatalf("got a key that does not sign: %v", err)
		}
		switch public := chain[0].PublicKey.(type) {
		case *rsa.PublicKey:
			err = rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature)
			if err != nil {
				t.Fatalf("got a key that does not match the leaf: %v", err)
			}
		case *ecdsa.PublicKey:
			if !ecdsa.VerifyASN1(public, digest[:], signature) {
				t.Fatal("got a key that does not match the leaf")
			}
		default:
			t.Fatalf("got a leaf with a %T", public)
		}
		if now.Before(chain[0].NotBefore) || now.After(chain[0].NotAfter) || chain[0].IsCA {
			t.Fatal("got a leaf that is unfit")
		}
		for i := range len(chain) - 1 {
			if err := chain[i].CheckSignatureFrom(chain[i+1]); err != nil {
				t.Fatalf("got a chain that is broken: %v", err)
			}
		}
	})
}
