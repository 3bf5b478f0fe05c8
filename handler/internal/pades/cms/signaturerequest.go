package cms

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"slices"

	"influxion/handler/internal/pades/algorithm"
)

// Request is what Sign needs to make a signature.
type Request struct {
	Chain         []*x509.Certificate // the signer's own certificate first; all of them are embedded
	Key           crypto.Signer       // matches the leaf; its calls may leave the machine
	Digest        crypto.Hash         // SHA-256, SHA-384 or SHA-512
	MessageDigest []byte              // of the content, by Digest
	PSS           bool                // RSASSA-PSS instead of PKCS#1 v1.5; for RSA keys only
}

// Sign makes the DER of a detached CMS signature of baseline level B-B: ETSI EN 319 142-1, section
// 6.3, on RFC 5652. Its errors are ErrKeyUnsupported, ErrKeyMismatch, ErrRequestInvalid, the key's
// own, or one about a signature value of a wrong length. It does not verify the signature value.
// Safe for concurrent use if the key is.
func Sign(r Request) ([]byte, error) {
	p, err := NewPlan(r)
	if err != nil {
		return nil, err
	}
	return p.Sign(r.MessageDigest)
}

// Plan is a checked Request, with the encoded parts of its signatures that do not depend on the
// content. Safe for concurrent use if the key is.
type Plan struct {
	key          crypto.Signer
	digest       algorithm.Digest
	hash         crypto.Hash
	scheme       algorithm.Scheme
	maxSignature int // bytes
	encoded      encodedPlan
}

// NewPlan checks a Request. It uses only the public half of the key, and not the MessageDigest of
// the Request. Its errors are those of Sign for an invalid Request.
func NewPlan(r Request) (*Plan, error) {
	if len(r.Chain) == 0 || len(r.Chain) > maxCertificates || slices.Contains(r.Chain, nil) {
		return nil, fmt.Errorf("%w: a chain of %d certificates", ErrRequestInvalid, len(r.Chain))
	}
	if r.Key == nil {
		return nil, fmt.Errorf("%w: no key", ErrRequestInvalid)
	}
	public := r.Key.Public()
	s, size, err := schemeFor(public, r.Digest, r.PSS)
	if err != nil {
		return nil, err
	}
	// Every public key of the standard library can compare itself.
	own, ok := public.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !own.Equal(r.Chain[0].PublicKey) {
		return nil, ErrKeyMismatch
	}
	p := &Plan{key: r.Key, digest: s.Digest, hash: r.Digest, scheme: s, maxSignature: size}
	p.encoded, err = encodePlan(r.Chain, s, r.Digest.Size())
	return p, err
}

// Sign does what the function Sign does, for content with that digest.
func (p *Plan) Sign(messageDigest []byte) ([]byte, error) {
	if len(messageDigest) != p.hash.Size() {
		return nil, fmt.Errorf("%w: message digest of %d bytes", ErrRequestInvalid, len(messageDigest))
	}
	attributes := p.encoded.signedAttributes(messageDigest)
	// The signature covers the SET OF, although the SignerInfo contains it under the tag [0]: RFC
	// 5652, section 5.4.
	signature, err := p.key.Sign(rand.Reader, p.digest.Sum(attributes), options(p.scheme))
	if err != nil {
		return nil, fmt.Errorf("use the private key: %w", err)
	}
	if len(signature) == 0 || len(signature) > p.maxSignature {
		return nil, fmt.Errorf("the private key made a signature of %d bytes, expected up to %d", len(signature),
			p.maxSignature)
	}
	return p.encoded.contentInfo(attributes, signature), nil
}

// Size returns an upper bound of the size of Sign's result in bytes. It is exact for RSA, and a few
// bytes too large for other keys.
func (p *Plan) Size() int { return p.encoded.sizes(p.maxSignature).whole }
