package cms

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
	"influxion/handler/internal/pades/certificate"
)

// signerIdentifier is a SignerIdentifier: issuer and serial number, or a subject key identifier.
type signerIdentifier struct {
	issuer []byte // DER of the Name
	serial *big.Int
	keyID  []byte // nil = by issuer and serial number
}

func takeSignerIdentifier(c *ber.Cursor, id *signerIdentifier) bool {
	if byKey := cryptobyte_asn1.Tag(0).ContextSpecific(); c.At(byKey) {
		key, ok := c.Take(byKey)
		id.keyID = append([]byte{}, key.Rest...)
		return ok
	}
	der, ok := c.TakeDER(cryptobyte_asn1.SEQUENCE)
	s := cryptobyte.String(der)
	var inner, issuer cryptobyte.String
	ok = ok && s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) &&
		inner.ReadASN1Element(&issuer, cryptobyte_asn1.SEQUENCE) &&
		readSerial(&inner, &id.serial) && inner.Empty()
	id.issuer = issuer
	return ok
}

// readSerial reads a serial number, in every encoding that this package accepts in a certificate.
func readSerial(s *cryptobyte.String, out **big.Int) bool {
	var contents cryptobyte.String
	if !s.ReadASN1(&contents, cryptobyte_asn1.INTEGER) || len(contents) > maxSerial {
		return false
	}
	*out = certificate.Integer(contents)
	return true
}

// names reports whether the identifier is that of the certificate. It ignores string types in the
// issuer's name, because some signers write another one than the certificate has.
func (id signerIdentifier) names(c *x509.Certificate) bool {
	if id.keyID != nil {
		return len(id.keyID) > 0 && bytes.Equal(id.keyID, c.SubjectKeyId)
	}
	return id.serial.Cmp(c.SerialNumber) == 0 && certificate.SameText(id.issuer, c.RawIssuer)
}

// Signer finds the certificate that the signer's identifier names. crypto/x509 may refuse that
// certificate: see certificate.Refusal. If several match, the signed reference decides; without a
// signed reference, the signer is ambiguous. Its errors are *Error.
func (s *SignedData) Signer() (*x509.Certificate, error) {
	if s.certificate != nil {
		return s.certificate, nil
	}
	var found []*x509.Certificate
	more := false
	for _, c := range slices.Concat(s.Certificates, s.Refused) {
		if s.signer.names(c) && !slices.ContainsFunc(found, c.Equal) {
			if more = len(found) == maxFits; more {
				break
			}
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && s.unparsed > 0:
		return nil, errorf(SignerNotFound,
			"the signer's certificate is not embedded, unless it is one of %d that cannot be read", s.unparsed)
	case len(found) == 0:
		return nil, errorf(SignerNotFound, "the signer's certificate is not embedded")
	}
	for _, c := range found {
		if s.Binding != BindingNone && s.bound(c) == nil {
			return c, nil
		}
	}
	if more {
		return nil, tooMuch("more than %d different certificates fit the signer identifier", maxFits)
	}
	return nil, errorf(SignerNotFound, "%d different certificates fit the signer identifier", len(found))
}

// bound returns why a signed reference names another certificate; nil = all of them name this one.
func (s *SignedData) bound(c *x509.Certificate) error {
	for _, reference := range s.attributes.references() {
		if err := reference.names(c); err != nil {
			return err
		}
	}
	return nil
}
