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
	"slices"
	"sync"
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

// NewJWK describes a public key under a kid, without an issuer and a certificate.
func NewJWK(public *rsa.PublicKey, kid string) JWK {
	return JWK{
		KeyType:  "RSA",
		Use:      "sig",
		KeyID:    kid,
		Modulus:  base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}
}

// mint makes a signed token from the texts of its header and payload.
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

// keyRing has the token keys. Safe for concurrent use.
type keyRing struct {
	mu        sync.Mutex
	published []*signingKey
	current   *signingKey // signs
	edit      func([]JWK) []JWK
}

func newKeyRing(config Config) (*keyRing, error) {
	key, err := newSigningKey(config.KeyBits, config.Now())
	if err != nil {
		return nil, err
	}
	return &keyRing{published: []*signingKey{key}, current: key}, nil
}

func (k *keyRing) signs() *signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

func (k *keyRing) all() []*signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.published)
}

func (k *keyRing) publish(key *signingKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.published = append(k.published, key)
}

// next switches to the key that was published last, and reports whether that changed the key.
func (k *keyRing) next() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.current
	k.current = k.published[len(k.published)-1]
	return k.current != before
}

// forTenant returns the key set as a tenant's address shows it.
func (k *keyRing) forTenant(config Config, tenant string) []JWK {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := make([]JWK, 0, len(k.published))
	for _, key := range k.published {
		jwk := key.jwk
		jwk.Issuer = config.issuer(tenant, 2)
		keys = append(keys, jwk)
	}
	if k.edit != nil {
		keys = k.edit(keys)
	}
	return keys
}

// PublishKey makes the next token key and publishes it before it signs any token, as Entra ID does.
func (s *Server) PublishKey() error {
	key, err := newSigningKey(s.config.KeyBits, s.config.Now())
	if err != nil {
		return err
	}
	s.keys.publish(key)
	return nil
}

// RotateKeys switches to a new key: the one that PublishKey made last, or else one that it makes
// now. Older keys stay published.
func (s *Server) RotateKeys() error {
	if s.keys.next() {
		return nil
	}
	if err := s.PublishKey(); err != nil {
		return err
	}
	s.keys.next()
	return nil
}

// RemoveOldKeys withdraws every key except the current one.
func (s *Server) RemoveOldKeys() {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.published = []*signingKey{s.keys.current}
}

// EditKeys lets edit change the published keys, until edit is set to nil again. edit must not keep
// or share the slice.
func (s *Server) EditKeys(edit func([]JWK) []JWK) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.edit = edit
}

// PublicKey is the key that verifies the tokens signed now.
func (s *Server) PublicKey() *rsa.PublicKey { return &s.keys.signs().private.PublicKey }
