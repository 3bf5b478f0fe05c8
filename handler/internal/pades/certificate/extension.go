package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"slices"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// readExtensions reads extensions one by one: RFC 5280, section 4.2. Of an extension that occurs
// twice, it uses the first.
func readExtensions(c *x509.Certificate, all ber.Cursor) {
	for !all.Empty() && len(c.Extensions) < maxExtensions {
		inner, ok := all.Take(asn1.SEQUENCE)
		if !ok {
			return
		}
		var e pkix.Extension
		if e.Id, ok = takeOID(&inner); !ok {
			continue
		}
		if inner.At(asn1.BOOLEAN) {
			flag, _ := inner.Take(asn1.BOOLEAN)
			e.Critical = len(flag.Rest) == 1 && flag.Rest[0] != 0
		}
		if e.Value, ok = inner.TakeOctets(); !ok {
			continue
		}
		repeated := slices.ContainsFunc(c.Extensions, func(other pkix.Extension) bool { return other.Id.Equal(e.Id) })
		c.Extensions = append(c.Extensions, e)
		if !repeated {
			interpret(c, e)
		}
	}
}

// interpret sets the fields of the extensions that a verifier needs.
func interpret(c *x509.Certificate, e pkix.Extension) {
	value := ber.NewCursor(e.Value)
	switch id := e.Id.String(); id {
	case "2.5.29.15":
		c.KeyUsage = readKeyUsage(value)
	case "2.5.29.19":
		readBasicConstraints(c, value)
	case "2.5.29.37":
		readPurposes(c, value)
	case "2.5.29.14":
		c.SubjectKeyId, _ = value.TakeOctets()
	case "2.5.29.35":
		if names, ok := value.Take(asn1.SEQUENCE); ok {
			id, _ := names.Take(asn1.Tag(0).ContextSpecific())
			c.AuthorityKeyId = id.Rest
		}
	case "1.3.6.1.5.5.7.1.1":
		readAccess(c, value)
	case "2.5.29.31":
		c.CRLDistributionPoints = addressesIn(value, nil, ber.MaxDepth)
	}
}

// readKeyUsage reads a KeyUsage; the bits of x509.KeyUsage are in the same order.
func readKeyUsage(value ber.Cursor) (usage x509.KeyUsage) {
	bits, _ := value.Take(asn1.BIT_STRING)
	if len(bits.Rest) < 2 {
		return 0
	}
	for i := range 9 {
		if at := 1 + i/8; at < len(bits.Rest) && bits.Rest[at]&(0x80>>(i%8)) != 0 {
			usage |= 1 << i
		}
	}
	return usage
}

func readBasicConstraints(c *x509.Certificate, value ber.Cursor) {
	inner, ok := value.Take(asn1.SEQUENCE)
	if !ok {
		return
	}
	c.BasicConstraintsValid, c.MaxPathLen = true, -1
	if inner.At(asn1.BOOLEAN) {
		flag, _ := inner.Take(asn1.BOOLEAN)
		c.IsCA = len(flag.Rest) == 1 && flag.Rest[0] != 0
	}
	if length, ok := inner.Take(asn1.INTEGER); ok && len(length.Rest) == 1 && length.Rest[0] < 0x80 {
		c.MaxPathLen, c.MaxPathLenZero = int(length.Rest[0]), length.Rest[0] == 0
	}
}

// purposes are the key purposes that matter to a verifier of signatures: RFC 5280, 4.2.1.12.
var purposes = map[string]x509.ExtKeyUsage{
	"2.5.29.37.0":       x509.ExtKeyUsageAny,
	"1.3.6.1.5.5.7.3.1": x509.ExtKeyUsageServerAuth,
	"1.3.6.1.5.5.7.3.2": x509.ExtKeyUsageClientAuth,
	"1.3.6.1.5.5.7.3.3": x509.ExtKeyUsageCodeSigning,
	"1.3.6.1.5.5.7.3.4": x509.ExtKeyUsageEmailProtection,
	"1.3.6.1.5.5.7.3.8": x509.ExtKeyUsageTimeStamping,
	"1.3.6.1.5.5.7.3.9": x509.ExtKeyUsageOCSPSigning,
}

func readPurposes(c *x509.Certificate, value ber.Cursor) {
	inner, _ := value.Take(asn1.SEQUENCE)
	for range maxEntries {
		id, ok := takeOID(&inner)
		if !ok {
			return
		}
		if usage, known := purposes[id.String()]; known {
			c.ExtKeyUsage = append(c.ExtKeyUsage, usage)
			continue
		}
		c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, id)
	}
}

// readAccess reads an AuthorityInfoAccess: RFC 5280, section 4.2.2.1.
func readAccess(c *x509.Certificate, value ber.Cursor) {
	inner, _ := value.Take(asn1.SEQUENCE)
	for range maxEntries {
		description, ok := inner.Take(asn1.SEQUENCE)
		if !ok {
			return
		}
		method, _ := takeOID(&description)
		switch method.String() {
		case "1.3.6.1.5.5.7.48.1":
			c.OCSPServer = addressesIn(description, c.OCSPServer, 1)
		case "1.3.6.1.5.5.7.48.2":
			c.IssuingCertificateURL = addressesIn(description, c.IssuingCertificateURL, 1)
		}
	}
}

// addressesIn appends the uniformResourceIdentifiers in some elements, at any depth.
func addressesIn(c ber.Cursor, found []string, depth int) []string {
	const uri, constructed = 6, 0x20
	for !c.Empty() && len(found) < maxEntries {
		tag := c.Rest[0]
		inner, ok := c.Take(asn1.Tag(tag))
		switch {
		case !ok:
			return found
		case tag == byte(asn1.Tag(uri).ContextSpecific()) && utf8.Valid(inner.Rest):
			found = append(found, string(inner.Rest))
		case tag&constructed != 0 && depth > 0:
			found = addressesIn(inner, found, depth-1)
		}
	}
	return found
}

func takeOID(c *ber.Cursor) (encoding_asn1.ObjectIdentifier, bool) {
	var id encoding_asn1.ObjectIdentifier
	whole, ok := c.TakeDER(asn1.OBJECT_IDENTIFIER)
	if !ok || len(whole) > maxOID {
		return nil, false
	}
	s := cryptobyte.String(whole)
	ok = s.ReadASN1ObjectIdentifier(&id)
	return id, ok
}
