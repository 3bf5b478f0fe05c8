// Package cms makes and reads the CMS signatures that PAdES puts into documents: detached SignedData with one signer, and the timestamp
// tokens of RFC 3161.
//
// Making (Request, Sign, Size) follows RFC 5652 and ETSI EN 319 122-1 for baseline level B-B. Reading (Trim, Parse, SignedData) is a
// code path of its own that takes nothing on trust and also understands what others make: signatures without a signed reference to
// the signer's certificate, with signing-time, with a subject key identifier, in a BER frame. Timestamp tokens are asked for
// (TimestampRequest), read with the same code (ParseTimestamp), and put into signatures (WithUnsignedAttribute).
//
// It must never touch the network, build certificate chains or decide whether a signer is trusted: a signature that verifies here
// says what was signed by which key, no more.
package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// SignedData is a CMS signature as it was read: a detached one, or that of a Timestamp. Before Verify has said nil, all of it is
// hearsay; afterwards these are authentic: the signed attributes and what is derived from them, the two algorithms, and the signer's
// certificate if there is a Binding. All else (further certificates, CRLs, unsigned attributes, BER) never is. Safe for concurrent use
// while nobody changes it.
type SignedData struct {
	Certificates       []*x509.Certificate // those that could be parsed, in their order
	Unparsed           int                 // embedded certificates that are too long or could not be parsed, or of obsolete kinds
	DigestAlgorithm    crypto.Hash         // 0 = not known: then Verify reports that, whatever digest it is given
	SignatureAlgorithm string              // such as "RSA-PSS-SHA256"; a dotted object identifier if not known
	Binding            Binding             // how the signature names its certificate; the strongest if there are several
	SigningTime        time.Time           // the signing-time attribute, a claim; zero without one, as PAdES wants it
	SignedAttributes   []Attribute         // in their order; each has one value
	UnsignedAttributes []Attribute         // in their order
	CRLs               [][]byte            // of the field crls, unread; see Revocations
	Signature          []byte              // the signature value: what a signature timestamp covers
	BER                bool                // the frame uses lengths that DER forbids

	raw         []byte // the whole element
	contentType asn1.ObjectIdentifier
	content     []byte // eContent; nil = detached
	unparsed    [][]byte
	signer      signerIdentifier
	scheme      scheme
	attributes  *signedAttributes
	fault       error // readable, but never to be accepted
}

// Parse reads a CMS element, which must be all of its input: see Trim. Its content must be detached and of the type id-data. It is
// bounded in size, counts and depth. The frame may be BER, which is noted; everything signed, and the SignerInfo, must be DER. Its
// errors are *Fault.
func Parse(der []byte) (*SignedData, error) { return new(Reader).Parse(bytes.Clone(der)) }

// parse reads SignedData over content of one type.
func (r *Reader) parse(der []byte, contentType asn1.ObjectIdentifier) (*SignedData, error) {
	if len(der) > MaxSize {
		return nil, faultf(Malformed, "the CMS element has more than %d bytes", MaxSize)
	}
	s := &SignedData{raw: der, contentType: contentType}
	c := cursor{rest: s.raw, ber: &s.BER}
	content, ok := c.take(cryptobyte_asn1.SEQUENCE)
	if !ok || !c.empty() {
		return nil, faultf(Malformed, "the signature is not exactly one ASN.1 element")
	}
	var kind asn1.ObjectIdentifier
	if !content.strictly(func(s *cryptobyte.String) bool { return readOID(s, &kind) }) || !kind.Equal(oidSignedData) {
		return nil, faultf(Malformed, "the signature is not CMS SignedData")
	}
	wrapped, ok := content.take(explicit(0))
	if !ok || !content.empty() {
		return nil, faultf(Malformed, "the ContentInfo cannot be read")
	}
	signedData, ok := wrapped.take(cryptobyte_asn1.SEQUENCE)
	if !ok || !wrapped.empty() {
		return nil, faultf(Malformed, "the SignedData cannot be read")
	}
	if err := s.read(signedData, r); err != nil {
		return nil, err
	}
	return s, nil
}

// read reads the contents of SignedData (RFC 5652, section 5.1).
func (s *SignedData) read(c cursor, r *Reader) error {
	version, ok := readVersion(&c)
	if !ok || version < 1 || version > 5 || version == 2 {
		return faultf(Malformed, "the SignedData has no version of CMS")
	}
	digests, ok := c.take(cryptobyte_asn1.SET)
	if !ok {
		return faultf(Malformed, "the digestAlgorithms cannot be read")
	}
	declared, err := readDigestAlgorithms(digests)
	if err != nil {
		return err
	}
	if err := s.readEncapsulated(&c); err != nil {
		return err
	}
	if c.at(explicit(0)) {
		certificates, ok := c.take(explicit(0))
		if !ok {
			return faultf(Malformed, "the certificates cannot be read")
		}
		if err := s.readCertificates(certificates, r); err != nil {
			return err
		}
	}
	if c.at(explicit(1)) {
		crls, ok := c.take(explicit(1))
		if !ok {
			return faultf(Malformed, "the crls cannot be read")
		}
		s.CRLs = crls.takeAll(maxRevocations)
	}
	signers, ok := c.take(cryptobyte_asn1.SET)
	if !ok || !c.empty() {
		return faultf(Malformed, "the signerInfos cannot be read")
	}
	signer, ok := signers.take(cryptobyte_asn1.SEQUENCE)
	if !ok || !signers.empty() {
		return faultf(Malformed, "there is not exactly one SignerInfo")
	}
	return s.readSignerInfo(signer, declared)
}

func readVersion(c *cursor) (version int64, ok bool) {
	ok = c.strictly(func(s *cryptobyte.String) bool { return s.ReadASN1Integer(&version) })
	return version, ok
}

func readDigestAlgorithms(c cursor) ([]algorithmIdentifier, error) {
	const most = 8
	var all []algorithmIdentifier
	for !c.empty() {
		var a algorithmIdentifier
		ok := c.strictly(func(s *cryptobyte.String) bool { return readAlgorithm(s, &a, cryptobyte_asn1.SEQUENCE) })
		if !ok || len(all) == most {
			return nil, faultf(Malformed, "the digestAlgorithms cannot be read")
		}
		all = append(all, a)
	}
	return all, nil
}

// readEncapsulated reads an EncapsulatedContentInfo. Data must be detached: a second content beside the document's own would let two
// readers verify different things. Content of any other type must be there.
func (s *SignedData) readEncapsulated(c *cursor) error {
	info, ok := c.take(cryptobyte_asn1.SEQUENCE)
	var kind asn1.ObjectIdentifier
	if !ok || !info.strictly(func(s *cryptobyte.String) bool { return readOID(s, &kind) }) {
		return faultf(Malformed, "the encapContentInfo cannot be read")
	}
	if !kind.Equal(s.contentType) {
		return faultf(Malformed, "the content is of the type %v, not %v", kind, s.contentType)
	}
	if s.contentType.Equal(oidData) {
		if !info.empty() {
			return faultf(Malformed, "the signature is not detached")
		}
		return nil
	}
	wrapped, ok := info.take(explicit(0))
	if !ok || !info.empty() {
		return faultf(Malformed, "there is no eContent")
	}
	if s.content, ok = wrapped.takeOctets(); !ok || !wrapped.empty() {
		return faultf(Malformed, "the eContent cannot be read")
	}
	return nil
}

func (s *SignedData) readCertificates(c cursor, r *Reader) error {
	for !c.empty() {
		raw, ok := c.takeAny()
		if !ok {
			return faultf(Malformed, "the certificates cannot be read")
		}
		if len(s.Certificates)+s.Unparsed == maxCertificates {
			return faultf(Malformed, "more than %d certificates", maxCertificates)
		}
		var certificate *x509.Certificate
		err := error(faultf(Malformed, "the certificate has more than %d bytes", MaxCertificate))
		if len(raw) <= MaxCertificate {
			certificate, err = r.certificate(raw)
		}
		if r.refused != nil {
			return r.refused
		}
		if err != nil {
			s.Unparsed++
			s.unparsed = append(s.unparsed, raw)
			continue
		}
		s.Certificates = append(s.Certificates, certificate)
	}
	return nil
}
