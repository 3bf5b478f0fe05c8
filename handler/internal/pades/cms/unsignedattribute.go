package cms

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// OIDSignatureTimestamp is the type of the unsigned attribute that holds a signature timestamp:
// ETSI EN 319 122-1, 5.3.
var OIDSignatureTimestamp = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}

// Timestamps returns the values of the signature-time-stamp attributes, unread.
func (s *SignedData) Timestamps() [][]byte {
	var tokens [][]byte
	for _, attribute := range s.UnsignedAttributes {
		if attribute.Type.Equal(OIDSignatureTimestamp) {
			tokens = append(tokens, attribute.Values...)
		}
	}
	return tokens
}

// readUnsignedAttributes reads the contents of [1] of a SignerInfo. Nothing in these attributes is
// authenticated, and tokens in them may be BER.
func readUnsignedAttributes(c ber.Cursor) ([]Attribute, error) {
	var all []Attribute
	for !c.Empty() {
		var one Attribute
		inner, ok := c.Take(cryptobyte_asn1.SEQUENCE)
		if !ok || !inner.Strictly(func(s *cryptobyte.String) bool { return readOID(s, &one.Type) }) {
			return nil, errorf(Malformed, "an unsigned attribute cannot be read")
		}
		values, ok := inner.Take(cryptobyte_asn1.SET)
		if !ok || !inner.Empty() {
			return nil, errorf(Malformed, "the unsigned attribute %v cannot be read", one.Type)
		}
		for !values.Empty() {
			value, ok := values.TakeAny()
			if !ok {
				return nil, errorf(Malformed, "the unsigned attribute %v cannot be read", one.Type)
			}
			if len(one.Values) == maxValues {
				return nil, tooMuch("more than %d values of the unsigned attribute %v", maxValues, one.Type)
			}
			one.Values = append(one.Values, value)
		}
		if len(all) == maxAttributes {
			return nil, tooMuch("more than %d unsigned attributes", maxAttributes)
		}
		all = append(all, one)
	}
	return all, nil
}

// WithUnsignedAttribute adds an unsigned attribute with one value to a CMS signature, and leaves
// every other byte as it is. Attributes of one type stay separate, as ETSI EN 319 122-1, section
// 5.3 demands for signature timestamps of several TSAs. The order of DER decides the place of the
// new attribute. A signature that already has the same attribute is not changed.
//
// The signature must be DER that Parse accepts, and the result is so too. Nothing is verified. The
// errors are *Error for the signature and ErrRequestInvalid for the attribute, also if it exceeds
// the limit on their number.
func WithUnsignedAttribute(der []byte, kind asn1.ObjectIdentifier, value []byte) ([]byte, error) {
	s, err := Parse(der)
	if err != nil {
		return nil, err
	}
	if s.BER {
		return nil, errorf(NotBaseline, "the CMS element is not in DER")
	}
	e, ok := ber.Measure(value, ber.MaxDepth)
	if !ok || e.Total != len(value) {
		return nil, fmt.Errorf("%w: the value of the attribute is not exactly one ASN.1 element", ErrRequestInvalid)
	}
	added, err := attribute(kind, func(b *cryptobyte.Builder) { b.AddBytes(value) })
	if err != nil {
		return nil, fmt.Errorf("%w: an attribute of the type %v", ErrRequestInvalid, kind)
	}
	way, present, ok := wayToUnsigned(s.raw)
	if !ok {
		return nil, errorf(Malformed, "the SignerInfo cannot be found")
	}
	if slices.ContainsFunc(present, func(a []byte) bool { return bytes.Equal(a, added) }) {
		return s.raw, nil
	}
	at := slices.IndexFunc(present, func(a []byte) bool { return bytes.Compare(a, added) > 0 })
	if at < 0 {
		at = len(present)
	}
	out, err := rebuild(way, bytes.Join(slices.Insert(present, at, added), nil))
	if err != nil {
		return nil, err
	}
	if _, err := Parse(out); err != nil { // over one of the bounds
		return nil, fmt.Errorf("%w: with the attribute, the signature could not be read again: %v", ErrRequestInvalid,
			err)
	}
	return out, nil
}

// step is an element on the way to the unsigned attributes, which are the last part of a CMS
// signature. It has the tag of the element, and its contents before the next step.
type step struct {
	tag    cryptobyte_asn1.Tag
	before []byte
}

// wayToUnsigned returns the steps from the ContentInfo of a signature to its unsigned attributes.
// The signature must be DER, and parsed before.
func wayToUnsigned(der []byte) (way []step, present [][]byte, ok bool) {
	rest := ber.NewCursor(der)
	for _, tag := range []cryptobyte_asn1.Tag{cryptobyte_asn1.SEQUENCE, explicit(0), cryptobyte_asn1.SEQUENCE,
		cryptobyte_asn1.SET,
		cryptobyte_asn1.SEQUENCE} {
		contents, ok := rest.Take(tag)
		if !ok {
			return nil, nil, false
		}
		whole := contents.Rest
		last := contents
		for !contents.Empty() {
			last = contents
			if _, ok := contents.TakeAny(); !ok {
				return nil, nil, false
			}
		}
		way = append(way, step{tag, whole[:len(whole)-len(last.Rest)]})
		rest = last
	}
	if rest.At(explicit(1)) {
		attributes, ok := rest.Take(explicit(1))
		return append(way, step{explicit(1), nil}), attributes.TakeAll(maxAttributes), ok
	}
	// There are no unsigned attributes yet: the last part is the signature value, which must stay.
	signerInfo := &way[len(way)-1]
	signerInfo.before = slices.Concat(signerInfo.before, rest.Rest)
	return append(way, step{explicit(1), nil}), nil, true
}

// rebuild encodes the elements of a way again, around new contents of the last one.
func rebuild(way []step, contents []byte) ([]byte, error) {
	for _, s := range slices.Backward(way) {
		b := cryptobyte.NewBuilder(make([]byte, 0, len(s.before)+len(contents)+8))
		b.AddASN1(s.tag, func(b *cryptobyte.Builder) {
			b.AddBytes(s.before)
			b.AddBytes(contents)
		})
		var err error
		if contents, err = b.Bytes(); err != nil {
			return nil, err
		}
	}
	return contents, nil
}
