package pkcs12

import (
	"errors"

	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// maxNesting bounds the depth of bags within bags.
const maxNesting = 4

// reader reads the parts of a file with one encoding of the password.
type reader struct {
	password []byte
	left     *int // iterations that the file may still ask for
	file     *File
}

// readSafe reads an AuthenticatedSafe: RFC 7292, section 4.1.
func (r *reader) readSafe(data []byte) error {
	outer := ber.NewCursor(data)
	parts, ok := outer.Take(asn1.SEQUENCE)
	if !ok {
		return errMalformed
	}
	for !parts.Empty() {
		kind, content, ok := takeContentInfo(&parts)
		if !ok {
			return errMalformed
		}
		bags, err := r.open(kind, content)
		if err != nil {
			return err
		}
		if err := r.readBags(bags, maxNesting); err != nil {
			return err
		}
	}
	return nil
}

// open returns the SafeContents of a part, decrypted.
func (r *reader) open(kind string, content ber.Cursor) ([]byte, error) {
	switch kind {
	case oidData:
		if data, ok := content.TakeOctets(); ok {
			return data, nil
		}
	case oidEncryptedData:
		return r.decryptPart(content)
	case oidEnvelopedData:
		return nil, errors.New("is a PKCS#12 file that is encrypted for a public key, which is not supported")
	}
	return nil, errMalformed
}

// decryptPart decrypts an EncryptedData: RFC 5652, section 8.
func (r *reader) decryptPart(content ber.Cursor) ([]byte, error) {
	data, ok := content.Take(asn1.SEQUENCE)
	if !ok {
		return nil, errMalformed
	}
	if _, ok := data.Take(asn1.INTEGER); !ok {
		return nil, errMalformed
	}
	info, ok := data.Take(asn1.SEQUENCE)
	if !ok {
		return nil, errMalformed
	}
	if kind, ok := info.Take(asn1.OBJECT_IDENTIFIER); !ok || string(kind.Rest) != oidData {
		return nil, errMalformed
	}
	algorithm, ok := takeAlgorithm(&info)
	if !ok {
		return nil, errMalformed
	}
	encrypted, ok := takeImplicitOctets(&info)
	if !ok {
		return nil, errMalformed
	}
	return r.decrypt(algorithm, encrypted)
}

// takeImplicitOctets reads a [0] IMPLICIT OCTET STRING. In BER it may consist of several pieces.
func takeImplicitOctets(c *ber.Cursor) ([]byte, bool) {
	if !c.At(explicit0) {
		octets, ok := c.Take(asn1.Tag(0x80))
		return octets.Rest, ok
	}
	pieces, ok := c.Take(explicit0)
	var octets []byte
	for ok && !pieces.Empty() {
		var piece []byte
		piece, ok = pieces.TakeOctets()
		octets = append(octets, piece...)
	}
	return octets, ok
}

// readBags reads SafeContents: RFC 7292, section 4.2. It skips bags of other kinds.
func (r *reader) readBags(data []byte, depth int) error {
	outer := ber.NewCursor(data)
	bags, ok := outer.Take(asn1.SEQUENCE)
	if !ok || depth == 0 {
		return errMalformed
	}
	for !bags.Empty() {
		bag, ok := bags.Take(asn1.SEQUENCE)
		if !ok {
			return errMalformed
		}
		if err := r.readBag(bag, depth); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readBag(bag ber.Cursor, depth int) error {
	kind, ok := bag.Take(asn1.OBJECT_IDENTIFIER)
	if !ok {
		return errMalformed
	}
	value, ok := bag.Take(explicit0)
	if !ok {
		return errMalformed
	}
	switch string(kind.Rest) {
	case oidCertificate:
		r.file.Certificates = append(r.file.Certificates, Certificate{certificateOf(value), localKeyID(bag)})
	case oidKeyBag:
		key, ok := value.TakeDER(asn1.SEQUENCE)
		if !ok {
			return errMalformed
		}
		r.file.Keys = append(r.file.Keys, Key{PKCS8: key, LocalKeyID: localKeyID(bag)})
	case oidShroudedBag:
		key, err := r.decryptKey(value)
		if errors.Is(err, errMalformed) || errors.Is(err, errUndecipherable) || errors.Is(err, errIterations) {
			return err
		}
		r.file.Keys = append(r.file.Keys, Key{key, localKeyID(bag), err})
	case oidSafeContents:
		return r.readBags(value.Rest, depth-1)
	}
	return nil
}

// certificateOf returns the X.509 certificate of a CertBag; nil = it has another content.
func certificateOf(value ber.Cursor) []byte {
	bag, ok := value.Take(asn1.SEQUENCE)
	if !ok {
		return nil
	}
	kind, ok := bag.Take(asn1.OBJECT_IDENTIFIER)
	if !ok || string(kind.Rest) != oidX509InCertBag {
		return nil
	}
	wrapped, ok := bag.Take(explicit0)
	if !ok {
		return nil
	}
	der, _ := wrapped.TakeOctets()
	return der
}

// decryptKey decrypts an EncryptedPrivateKeyInfo: RFC 5208, section 6.
func (r *reader) decryptKey(value ber.Cursor) ([]byte, error) {
	info, ok := value.Take(asn1.SEQUENCE)
	if !ok {
		return nil, errMalformed
	}
	algorithm, ok := takeAlgorithm(&info)
	if !ok {
		return nil, errMalformed
	}
	encrypted, ok := info.TakeOctets()
	if !ok {
		return nil, errMalformed
	}
	plain, err := r.decrypt(algorithm, encrypted)
	if err != nil {
		return nil, err
	}
	c := ber.NewCursor(plain)
	key, ok := c.TakeDER(asn1.SEQUENCE)
	if !ok || !c.Empty() {
		return nil, errUndecipherable // a wrong key leaves valid-looking padding once in 256 times
	}
	return key, nil
}

// localKeyID returns the local key ID from the attributes of a bag; nil = it has none.
func localKeyID(bag ber.Cursor) []byte {
	attributes, ok := bag.Take(asn1.SET)
	for ok && !attributes.Empty() {
		var attribute, kind, values ber.Cursor
		if attribute, ok = attributes.Take(asn1.SEQUENCE); !ok {
			break
		}
		if kind, ok = attribute.Take(asn1.OBJECT_IDENTIFIER); !ok {
			break
		}
		if string(kind.Rest) != oidLocalKeyID {
			continue
		}
		if values, ok = attribute.Take(asn1.SET); ok {
			id, _ := values.TakeOctets()
			return id
		}
	}
	return nil
}
