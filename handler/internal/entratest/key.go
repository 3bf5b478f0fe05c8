package entratest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // x5t is a SHA-1 thumbprint (RFC 7515 section 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

// JWK is one entry of the published key set, as Entra ID publishes it: each names the issuer that
// it signs for.
type JWK struct {
	KeyType     string   `json:"kty,omitempty"`
	Use         string   `json:"use,omitempty"`
	KeyID       string   `json:"kid,omitempty"`
	Thumbprint  string   `json:"x5t,omitempty"`
	Modulus     string   `json:"n,omitempty"`
	Exponent    string   `json:"e,omitempty"`
	Certificate []string `json:"x5c,omitempty"`
	Issuer      string   `json:"issuer,omitempty"`
	Algorithm   string   `json:"alg,omitempty"`
}

type signingKey struct {
	private *rsa.PrivateKey
	jwk     JWK // without issuer, which depends on the tenant asked for
}

func newSigningKey(bits int, now time.Time) (*signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("make token key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "token signing"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(5, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make token certificate: %w", err)
	}
	thumbprint := sha1.Sum(der)
	jwk := NewJWK(&private.PublicKey, base64.RawURLEncoding.EncodeToString(thumbprint[:]))
	jwk.Thumbprint = jwk.KeyID
	jwk.Certificate = []string{base64.StdEncoding.EncodeToString(der)}
	return &signingKey{private: private, jwk: jwk}, nil
}

// NewJWK describes a public key under a kid, without issuer and certificate.
func NewJWK(public *rsa.PublicKey, kid string) JWK {
	return JWK{
		KeyType:  "RSA",
		Use:      "sig",
		KeyID:    kid,
		Modulus:  base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}
}

// mint puts a signed token together from the texts of its header and payload.
func (k *signingKey) mint(header, payload []byte) string {
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(k.sign(text))
}

func (k *signingKey) sign(text string) []byte {
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, k.private, crypto.SHA256, digest[:])
	if err != nil {
		panic("internal error: sign token: " + err.Error())
	}
	return signature
}

// PublishKey makes the next token key and publishes it before any token is signed with it, as Entra
// ID does.
func (s *Server) PublishKey() error {
	key, err := newSigningKey(s.config.KeyBits, s.config.Now())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, key)
	return nil
}

// RotateKeys signs with a new key from now on: the one that PublishKey made last, else one made
// here. Older keys stay published.
func (s *Server) RotateKeys() error {
	s.mu.Lock()
	staged := s.keys[len(s.keys)-1] != s.current
	s.mu.Unlock()
	if !staged {
		if err := s.PublishKey(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = s.keys[len(s.keys)-1]
	return nil
}

// RemoveOldKeys withdraws every key but the one that signs.
func (s *Server) RemoveOldKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = []*signingKey{s.current}
}

// EditKeys lets edit change what is published, until it is nil again. It must not keep or share the
// slice.
func (s *Server) EditKeys(edit func([]JWK) []JWK) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editKeys = edit
}

// PublicKey is the key that verifies the tokens signed now.
func (s *Server) PublicKey() *rsa.PublicKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &s.current.private.PublicKey
}

func (s *Server) published(tenant string) []JWK {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]JWK, 0, len(s.keys))
	for _, key := range s.keys {
		jwk := key.jwk
		jwk.Issuer = s.config.issuer(tenant, 2)
		keys = append(keys, jwk)
	}
	if s.editKeys != nil {
		keys = s.editKeys(keys)
	}
	return keys
}
