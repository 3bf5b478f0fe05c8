package certificate

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old certificates are read, and their keys called too weak
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
)

// explicit is the tag [n] of a constructed context-specific element.
func explicit(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// read reads a certificate that crypto/x509 refuses: RFC 5280, section 4.1. It returns nil if it
// cannot find the structure, the names or the key.
func read(der []byte) *x509.Certificate {
	if len(der) > MaxSize {
		return nil
	}
	frame := ber.NewCursor(der)
	outer, ok := frame.Take(asn1.SEQUENCE)
	if !ok || !outer.At(asn1.SEQUENCE) {
		return nil
	}
	c := &x509.Certificate{Raw: der, Version: 1,
		UnhandledCriticalExtensions: []encoding_asn1.ObjectIdentifier{oidRefused}}
	if c.RawTBSCertificate, ok = outer.TakeAny(); !ok {
		return nil
	}
	frame = ber.NewCursor(c.RawTBSCertificate)
	data, ok := frame.Take(asn1.SEQUENCE)
	if !ok || !readHead(&data, c) || !readSubject(&data, c) {
		return nil
	}
	for !data.Empty() {
		if data.At(explicit(3)) {
			wrapped, _ := data.Take(explicit(3))
			extensions, _ := wrapped.Take(asn1.SEQUENCE)
			readExtensions(c, extensions)
			break
		}
		if _, ok := data.TakeAny(); !ok {
			break
		}
	}
	c.SignatureAlgorithm = takeSignatureAlgorithm(&outer)
	if signature, ok := outer.Take(asn1.BIT_STRING); ok && len(signature.Rest) > 0 {
		c.Signature = signature.Rest[1:]
	}
	return c
}

// readHead reads the fields before the subject.
func readHead(data *ber.Cursor, c *x509.Certificate) bool {
	if data.At(explicit(0)) {
		wrapped, ok := data.Take(explicit(0))
		if version, isNumber := wrapped.Take(asn1.INTEGER); ok && isNumber && len(version.Rest) == 1 {
			c.Version = int(version.Rest[0]) + 1
		}
	}
	serial, ok := data.Take(asn1.INTEGER)
	if !ok || len(serial.Rest) > maxSerial {
		return false
	}
	c.SerialNumber = Integer(serial.Rest)
	// the signature algorithm, which is repeated after the certificate's data
	if _, ok = data.Take(asn1.SEQUENCE); !ok {
		return false
	}
	if c.RawIssuer, ok = data.TakeDER(asn1.SEQUENCE); !ok {
		return false
	}
	validity, ok := data.Take(asn1.SEQUENCE)
	if !ok {
		return false
	}
	c.NotBefore = readTime(&validity)
	c.NotAfter = readTime(&validity)
	return true
}

func readSubject(data *ber.Cursor, c *x509.Certificate) bool {
	var ok bool
	if c.RawSubject, ok = data.TakeDER(asn1.SEQUENCE); !ok {
		return false
	}
	c.Subject, c.Issuer = fieldsOf(c.RawSubject), fieldsOf(c.RawIssuer)
	c.RawSubjectPublicKeyInfo, ok = data.TakeDER(asn1.SEQUENCE)
	return ok
}

// fieldsOf returns the fields of a name that crypto/x509 would set.
func fieldsOf(raw []byte) pkix.Name {
	var name pkix.Name
	attributes, _ := attributesOf(raw)
	var sequence pkix.RDNSequence
	for _, a := range attributes {
		value := any(nil)
		if text, ok := a.text(); ok {
			value = text
		}
		sequence = append(sequence, pkix.RelativeDistinguishedNameSET{{Type: a.kind, Value: value}})
	}
	name.FillFromRDNSequence(&sequence)
	return name
}

// Integer reads the contents of an INTEGER, even if they are too long or empty.
func Integer(contents []byte) *big.Int {
	n := new(big.Int).SetBytes(contents)
	if len(contents) > 0 && contents[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(contents))))
	}
	return n
}

// checked are the algorithms with which crypto/x509 verifies the issuer of a certificate.
var checked = map[algorithm.Scheme]x509.SignatureAlgorithm{
	{Family: algorithm.PKCS1, Digest: algorithm.SHA256}:                                 x509.SHA256WithRSA,
	{Family: algorithm.PKCS1, Digest: algorithm.SHA384}:                                 x509.SHA384WithRSA,
	{Family: algorithm.PKCS1, Digest: algorithm.SHA512}:                                 x509.SHA512WithRSA,
	{Family: algorithm.PSS, Digest: algorithm.SHA256, Mask: algorithm.SHA256, Salt: 32}: x509.SHA256WithRSAPSS,
	{Family: algorithm.PSS, Digest: algorithm.SHA384, Mask: algorithm.SHA384, Salt: 48}: x509.SHA384WithRSAPSS,
	{Family: algorithm.PSS, Digest: algorithm.SHA512, Mask: algorithm.SHA512, Salt: 64}: x509.SHA512WithRSAPSS,
	{Family: algorithm.ECDSA, Digest: algorithm.SHA256}:                                 x509.ECDSAWithSHA256,
	{Family: algorithm.ECDSA, Digest: algorithm.SHA384}:                                 x509.ECDSAWithSHA384,
	{Family: algorithm.ECDSA, Digest: algorithm.SHA512}:                                 x509.ECDSAWithSHA512,
	{Family: algorithm.Ed25519}:                                                         x509.PureEd25519,
}

// takeSignatureAlgorithm returns the algorithm as crypto/x509 names it; 0 = crypto/x509 does not
// verify it.
func takeSignatureAlgorithm(outer *ber.Cursor) x509.SignatureAlgorithm {
	der, ok := outer.TakeDER(asn1.SEQUENCE)
	s := cryptobyte.String(der)
	var a algorithm.Identifier
	if !ok || !a.Read(&s, asn1.SEQUENCE) {
		return x509.UnknownSignatureAlgorithm
	}
	return checked[a.Scheme("")]
}

func kindOf(key crypto.PublicKey) x509.PublicKeyAlgorithm {
	switch key.(type) {
	case *rsa.PublicKey:
		return x509.RSA
	case *ecdsa.PublicKey:
		return x509.ECDSA
	case ed25519.PublicKey:
		return x509.Ed25519
	case *dsa.PublicKey:
		return x509.DSA
	}
	return x509.UnknownPublicKeyAlgorithm
}
