package pkitest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// Parts are the elements of a certificate before it is signed: RFC 5280, section 4.1. Tests replace
// them by elements that crypto/x509 would not write.
type Parts struct {
	Version    []byte // [0]; nil = absent
	Serial     []byte
	Algorithm  []byte // in what is signed
	Issuer     []byte
	Validity   []byte
	Subject    []byte
	Key        []byte
	Extensions [][]byte
	Outer      []byte // the algorithm beside the signature
	Unused     byte   // bits of the signature that are said to be unused
	Behind     []byte // the signature
}

// IssueParts makes the certificate that Issue would make, with the changes that alter makes to its
// parts.
func (a *Authority) IssueParts(template *x509.Certificate, public crypto.PublicKey,
	alter func(p *Parts)) ([]byte, error) {
	chain, err := a.Issue(template, public)
	if err != nil {
		return nil, err
	}
	p, err := partsOf(chain[0])
	if err != nil {
		return nil, err
	}
	alter(p)
	return p.sign(a.Key)
}

func partsOf(c *x509.Certificate) (*Parts, error) {
	var tbs asn1.RawValue
	if _, err := asn1.Unmarshal(c.RawTBSCertificate, &tbs); err != nil {
		return nil, fmt.Errorf("take certificate apart: %w", err)
	}
	var elements [][]byte
	for rest := tbs.Bytes; len(rest) > 0; {
		var one asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &one); err != nil {
			return nil, fmt.Errorf("take certificate apart: %w", err)
		}
		elements = append(elements, one.FullBytes)
	}
	p := &Parts{
		Version: elements[0], Serial: elements[1], Algorithm: elements[2], Issuer: elements[3], Validity: elements[4],
		Subject: elements[5], Key: elements[6], Outer: elements[2],
	}
	for _, e := range c.Extensions {
		var critical []byte
		if e.Critical {
			critical = []byte{1, 1, 0xff}
		}
		p.Extensions = append(p.Extensions, Extension(e.Id, critical, e.Value))
	}
	return p, nil
}

// Extension returns the DER of an extension; critical is a BOOLEAN or nil.
func Extension(id asn1.ObjectIdentifier, critical, value []byte) []byte {
	return TLV(0x30, OID(id...), critical, TLV(4, value))
}

// sign signs with ECDSA and SHA-256, because the keys of these authorities are of that kind.
func (p *Parts) sign(key crypto.Signer) ([]byte, error) {
	var extensions []byte
	if p.Extensions != nil {
		extensions = TLV(0xa3, TLV(0x30, p.Extensions...))
	}
	tbs := TLV(0x30, p.Version, p.Serial, p.Algorithm, p.Issuer, p.Validity, p.Subject, p.Key, extensions)
	sum := sha256.Sum256(tbs)
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	return TLV(0x30, tbs, p.Outer, TLV(3, []byte{p.Unused}, signature), p.Behind), nil
}

// With replaces the extension of the same identifier, or adds it.
func (p *Parts) With(id asn1.ObjectIdentifier, critical, value []byte) {
	added := Extension(id, critical, value)
	for i, e := range p.Extensions {
		if bytes.Contains(e[:min(len(e), 16)], OID(id...)) {
			p.Extensions[i] = added
			return
		}
	}
	p.Extensions = append(p.Extensions, added)
}
