package revocation

import (
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/certificate"
)

// Forms of the name of a distribution point: RFC 5280, sections 4.2.1.6 and 4.2.1.13.
const (
	relativeName  = 1 // nameRelativeToCRLIssuer
	directoryName = 4
	addressName   = 6 // uniformResourceIdentifier
)

// samePointName reports whether two names denote the same distribution point of a CRL issuer, even
// if they are encoded differently. It compares directory names and names relative to the issuer by
// RFC 5280, section 7.1, and addresses by section 7.4.
func samePointName(a, b cryptobyte.String, issuer []byte) bool {
	if one, ok := address(a); ok {
		other, _ := address(b)
		return one == other
	}
	one, ok := directory(a, issuer)
	if !ok {
		return false
	}
	other, ok := directory(b, issuer)
	return ok && certificate.SameName(one, other)
}

// address returns a URI with its scheme and host, whose case does not matter, in lower case.
func address(name cryptobyte.String) (string, bool) {
	var text cryptobyte.String
	if !name.ReadASN1(&text, implicit(addressName)) {
		return "", false
	}
	scheme, rest, ok := strings.Cut(string(text), "://")
	if _, err := url.Parse(string(text)); !ok || err != nil {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	return strings.ToLower(scheme) + "://" + strings.ToLower(rest[:end]) + rest[end:], true
}

// directory returns a directoryName as it is. For a relative name, it returns the name of the
// issuer with the relative name behind it.
func directory(name cryptobyte.String, issuer cryptobyte.String) ([]byte, bool) {
	var whole, last, own cryptobyte.String
	if name.PeekASN1Tag(explicit(directoryName)) {
		ok := name.ReadASN1(&whole, explicit(directoryName))
		return whole, ok
	}
	if !name.ReadASN1(&last, explicit(relativeName)) || !issuer.ReadASN1(&own, asn1.SEQUENCE) {
		return nil, false
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(own)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(last) })
	})
	full, err := b.Bytes()
	return full, err == nil
}

// sameDirectoryName reports whether a GeneralName is that directoryName.
func sameDirectoryName(general cryptobyte.String, name []byte) bool {
	var whole cryptobyte.String
	return general.ReadASN1(&whole, explicit(directoryName)) && certificate.SameName(whole, name)
}
