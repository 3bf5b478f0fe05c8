package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
	"influxion/handler/internal/pades/certificate"
)

// SignedData is a CMS signature that was read: a detached one, that of a Timestamp, or one of the
// older forms of PDF (ParseSHA1, ParsePKCS1). Nothing in it is authentic before Verify returns nil.
// After that these are authentic: the signed attributes and all values derived from them, the two
// algorithms, and the signer's certificate if there is a Binding. Further certificates, CRLs,
// unsigned attributes and BER are never authentic. Safe for concurrent use while nobody changes it.
type SignedData struct {
	Embedded
	Attributes

	// of the content; "" = unknown, for which Verify returns an error with any digest
	DigestAlgorithm    algorithm.Digest
	SignatureAlgorithm string // such as "RSA-PSS-SHA256"; a dotted object identifier if it has no name
	Signature          []byte // the signature value, which a signature timestamp covers
	// deviations from the standard that do not invalidate the signature; for human readers
	Remarks []string

	encoding
	signer      signerIdentifier
	algorithm   algorithm.Identifier
	scheme      algorithm.Scheme
	certificate *x509.Certificate // the signer's, where the signature does not identify it; nil = it does
	refusal     error             // why it is never accepted, although its values may hold; nil = it may be
}

// Embedded is what a SignedData holds in its fields certificates and crls. None of it is authentic.
type Embedded struct {
	Certificates []*x509.Certificate // those that crypto/x509 accepts, in their order
	// those that crypto/x509 refuses and certificate.Outline reads; of these only the signer's has
	// its key
	Refused []*x509.Certificate
	// number of embedded certificates that are too long, malformed, or of other kinds
	Unparsed int
	CRLs     [][]byte // of the field crls, unread; see Revocations

	unparsed int // of Unparsed, those that should be X.509 certificates
}

// Attributes are the attributes of the SignerInfo, and the values of its signed attributes.
type Attributes struct {
	SignedAttributes   []Attribute // in the order of DER; none = the signature is over the content itself
	UnsignedAttributes []Attribute // in their order
	SigningTime        time.Time   // the signing-time attribute, a claim; zero without one, as PAdES wants it
	// how the signature names its certificate; the strongest if there are several
	Binding Binding

	attributes *signedAttributes // nil = none
}

// encoding is the encoding of the element.
type encoding struct {
	BER bool // there are encodings that DER forbids

	odd     string // a deviation from RFC 5652 on which no verification depends; "" = none
	raw     []byte // the whole element
	form    form
	content []byte // eContent; nil = detached
}

// form is the form that a SignedData must have.
type form int

const (
	formDetached  form = iota
	formSHA1           // adbe.pkcs7.sha1: ISO 32000-2, section 12.8.3.3.1
	formTimestamp      // RFC 3161
)

func (f form) contentType() asn1.ObjectIdentifier {
	if f == formTimestamp {
		return oidTSTInfo
	}
	return oidData
}

// Parse reads a CMS element, which must be all of its input: see Split. The content must be
// detached and of the type id-data. Size, counts and depth are bounded. Parse accepts BER and sets
// the field BER for it. Its errors are *Error.
func Parse(der []byte) (*SignedData, error) { return new(Reader).Parse(bytes.Clone(der)) }

// remark adds a remark for human readers.
func (s *SignedData) remark(text string) { s.Remarks = append(s.Remarks, text) }

// irregular adds a remark about a deviation from RFC 5652 on which no verification depends. Only a
// baseline signature must not have such a deviation.
func (s *SignedData) irregular(text string) {
	s.odd = text
	s.remark(text)
}

// parse reads SignedData of one form.
func (r *Reader) parse(der []byte, want form) (*SignedData, error) {
	if len(der) > MaxSize {
		return nil, tooMuch("the CMS element has more than %d bytes", MaxSize)
	}
	s := &SignedData{encoding: encoding{raw: der, form: want}}
	err := s.readContentInfo(r)
	if unreadable, ok := errors.AsType[*Error](err); ok && unreadable.Kind == Malformed && ber.Deep(der, true) {
		return nil, tooMuch("elements nested more than %d levels deep", ber.MaxDepth)
	}
	if err != nil {
		return nil, err
	}
	if s.BER {
		s.remark("the CMS element is in BER, not in DER")
	}
	return s, nil
}

func (s *SignedData) readContentInfo(r *Reader) error {
	c := ber.Cursor{Rest: s.raw, BER: &s.BER}
	content, ok := c.Take(cryptobyte_asn1.SEQUENCE)
	if !ok || !c.Empty() {
		return errorf(Malformed, "the signature is not exactly one ASN.1 element")
	}
	var kind asn1.ObjectIdentifier
	if !content.Strictly(func(s *cryptobyte.String) bool { return readOID(s, &kind) }) || !kind.Equal(oidSignedData) {
		return errorf(Malformed, "the signature is not CMS SignedData")
	}
	wrapped, ok := content.Take(explicit(0))
	if !ok || !content.Empty() {
		return errorf(Malformed, "the ContentInfo cannot be read")
	}
	signedData, ok := wrapped.Take(cryptobyte_asn1.SEQUENCE)
	if !ok || !wrapped.Empty() {
		return errorf(Malformed, "the SignedData cannot be read")
	}
	return s.read(signedData, r)
}

// read reads the contents of SignedData (RFC 5652, section 5.1).
func (s *SignedData) read(c ber.Cursor, r *Reader) error {
	version, ok := readVersion(&c)
	if !ok {
		return errorf(Malformed, "the version of the SignedData cannot be read")
	}
	if version < 1 || version > 5 || version == 2 {
		s.irregular("the version of the SignedData is not one that CMS defines")
	}
	digests, ok := c.Take(cryptobyte_asn1.SET)
	if !ok {
		return errorf(Malformed, "the digestAlgorithms cannot be read")
	}
	declared, err := readDigestAlgorithms(digests)
	if err != nil {
		return err
	}
	if err := s.readEncapsulated(&c); err != nil {
		return err
	}
	if c.At(explicit(0)) {
		certificates, ok := c.Take(explicit(0))
		if !ok {
			return errorf(Malformed, "the certificates cannot be read")
		}
		if err := s.readCertificates(certificates, r); err != nil {
			return err
		}
	}
	if c.At(explicit(1)) {
		crls, ok := c.Take(explicit(1))
		if !ok {
			return errorf(Malformed, "the crls cannot be read")
		}
		s.CRLs = crls.TakeAll(maxRevocations)
	}
	signers, ok := c.Take(cryptobyte_asn1.SET)
	if !ok || !c.Empty() {
		return errorf(Malformed, "the signerInfos cannot be read")
	}
	signer, ok := signers.Take(cryptobyte_asn1.SEQUENCE)
	if !ok || !signers.Empty() { // ISO 32000-2, section 12.8.3.3.1
		return errorf(FormForbidden, "there is not exactly one SignerInfo")
	}
	return s.readSignerInfo(signer, declared)
}

func readVersion(c *ber.Cursor) (version int64, ok bool) {
	ok = c.Strictly(func(s *cryptobyte.String) bool { return s.ReadASN1Integer(&version) })
	return version, ok
}

func readDigestAlgorithms(c ber.Cursor) ([]algorithm.Identifier, error) {
	var all []algorithm.Identifier
	for !c.Empty() {
		var a algorithm.Identifier
		if !takeAlgorithm(&c, &a) {
			return nil, errorf(Malformed, "the digestAlgorithms cannot be read")
		}
		if len(all) == maxDigests {
			return nil, tooMuch("more than %d digestAlgorithms", maxDigests)
		}
		all = append(all, a)
	}
	return all, nil
}

func takeAlgorithm(c *ber.Cursor, a *algorithm.Identifier) bool {
	der, ok := c.TakeDER(cryptobyte_asn1.SEQUENCE)
	s := cryptobyte.String(der)
	return ok && a.Read(&s, cryptobyte_asn1.SEQUENCE)
}

// readEncapsulated reads an EncapsulatedContentInfo. A detached signature must have no content:
// with both a content and the document, two readers could verify different things.
func (s *SignedData) readEncapsulated(c *ber.Cursor) error {
	info, ok := c.Take(cryptobyte_asn1.SEQUENCE)
	var kind asn1.ObjectIdentifier
	if !ok || !info.Strictly(func(s *cryptobyte.String) bool { return readOID(s, &kind) }) {
		return errorf(Malformed, "the encapContentInfo cannot be read")
	}
	if !kind.Equal(s.form.contentType()) {
		return errorf(FormForbidden, "the content is of the type %v, not %v", kind, s.form.contentType())
	}
	if s.form == formDetached {
		if !info.Empty() {
			return errorf(FormForbidden, "the signature is not detached")
		}
		return nil
	}
	wrapped, ok := info.Take(explicit(0))
	if !ok || !info.Empty() {
		return errorf(FormForbidden, "there is no eContent")
	}
	if s.content, ok = wrapped.TakeOctets(); !ok || !wrapped.Empty() {
		return errorf(Malformed, "the eContent cannot be read")
	}
	return nil
}

// readCertificates reads the CertificateSet. It skips attribute certificates, other formats (RFC
// 5652, section 10.2.2), and certificates that it cannot read.
func (s *SignedData) readCertificates(c ber.Cursor, r *Reader) error {
	for !c.Empty() {
		raw, ok := c.TakeAny()
		if !ok {
			return errorf(Malformed, "the certificates cannot be read")
		}
		if len(s.Certificates)+len(s.Refused)+s.Unparsed == maxCertificates {
			return tooMuch("more than %d certificates", maxCertificates)
		}
		if raw[0] != byte(cryptobyte_asn1.SEQUENCE) {
			s.Unparsed++
			continue
		}
		c, err := r.certificate(raw)
		switch {
		case r.refused != nil:
			return r.refused
		case err != nil:
			s.Unparsed++
			s.unparsed++
		case certificate.Refused(c):
			s.Refused = append(s.Refused, c)
		default:
			s.Certificates = append(s.Certificates, c)
		}
	}
	return nil
}
