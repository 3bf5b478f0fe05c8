package pkcs12

import (
	"errors"

	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// File is the content of a PKCS#12 file, in the order of the file.
type File struct {
	Keys         []Key
	Certificates []Certificate
}

// Key is a private key.
type Key struct {
	PKCS8      []byte // DER of the PrivateKeyInfo (RFC 5208); nil = not readable, see Err
	LocalKeyID []byte // ties it to its certificate: RFC 2985, section 5.5.2; nil = none
	Err        error
}

// Certificate is an X.509 certificate that was not parsed.
type Certificate struct {
	DER        []byte
	LocalKeyID []byte // ties it to its key, as in Key
}

// Errors of Read. Its other errors name what is unusual or not supported in a file.
var (
	errMalformed = errors.New("cannot be read as a PKCS#12 file")
	errPassword  = errors.New("is a PKCS#12 file with a password")
)

// Object identifiers of contents (RFC 5652) and bags (RFC 7292, appendix D): the contents octets of
// their DER encodings.
const (
	oidData          = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	oidSignedData    = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidEnvelopedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
	oidEncryptedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"

	oidBags          = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"
	oidKeyBag        = oidBags + "\x01"
	oidShroudedBag   = oidBags + "\x02"
	oidCertificate   = oidBags + "\x03"
	oidSafeContents  = oidBags + "\x06"
	oidLocalKeyID    = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15"
	oidX509InCertBag = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"
)

// explicit0 is the tag [0] of a constructed element.
const explicit0 = asn1.Tag(0x80 | 0x20)

// passwords are the two encodings of the empty password in files. RFC 7292, appendix B.1, ends a
// password with two zero octets; some programs omit them for the empty password. PBES2 and PBMAC1
// do not use these octets.
var passwords = [][]byte{{0, 0}, {}}

// Read reads a file with the empty password. Its errors are phrased to follow "the file".
func Read(data []byte) (*File, error) {
	outer := ber.NewCursor(data)
	pfx, ok := outer.Take(asn1.SEQUENCE)
	if !ok || !outer.Empty() {
		return nil, errMalformed
	}
	if version, ok := pfx.Take(asn1.INTEGER); !ok || string(version.Rest) != "\x03" {
		return nil, errMalformed
	}
	kind, content, ok := takeContentInfo(&pfx)
	if ok && kind == oidSignedData {
		return nil, errors.New("is a PKCS#12 file that is protected by a signature, which is not supported")
	}
	safe, isData := content.TakeOctets()
	if !ok || kind != oidData || !isData {
		return nil, errMalformed
	}
	left := maxAllIterations
	tried := passwords
	if !pfx.Empty() {
		password, err := verifyMAC(&pfx, safe, &left)
		if err != nil {
			return nil, err
		}
		tried = [][]byte{password}
	}
	for _, password := range tried {
		r := reader{password: password, left: &left, file: &File{}}
		if err := r.readSafe(safe); !errors.Is(err, errUndecipherable) {
			return r.file, err
		}
	}
	return nil, errPassword
}

// takeContentInfo reads a ContentInfo: RFC 5652, section 3.
func takeContentInfo(c *ber.Cursor) (kind string, content ber.Cursor, ok bool) {
	info, ok := c.Take(asn1.SEQUENCE)
	if !ok {
		return "", content, false
	}
	id, ok := info.Take(asn1.OBJECT_IDENTIFIER)
	if !ok {
		return "", content, false
	}
	content, ok = info.Take(explicit0)
	return string(id.Rest), content, ok
}
