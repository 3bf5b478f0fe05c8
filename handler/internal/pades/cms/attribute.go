package cms

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
)

var (
	oidData                 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidAlgorithmProtection  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 52}
	oidSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// Attribute is a CMS attribute. Each value is one ASN.1 element. The values of signed attributes
// have definite lengths and are in the order of DER; those of unsigned attributes are as they were
// added.
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte
}

// signedAttributes are the signed attributes and the values read from them.
type signedAttributes struct {
	all           []Attribute
	forms         [][]byte // the encodings that may have been signed, under the tag SET OF; DER first
	contentType   asn1.ObjectIdentifier
	messageDigest []byte // nil = absent
	signingTime   time.Time
	v1, v2        *certificateReference
	protection    *algorithmProtection
	remarks       []string
	refused       error // why an attribute is not accepted, although the values may hold; nil = none
}

// algorithmProtection is the cms-algorithm-protection attribute: RFC 6211.
type algorithmProtection struct {
	digest    algorithm.Digest
	signature algorithm.Identifier
}

// refusal returns why an attribute is not accepted; nil = all are.
func (a *signedAttributes) refusal() error {
	if a == nil {
		return nil
	}
	return a.refused
}

// algorithms returns the cms-algorithm-protection attribute; nil = absent.
func (a *signedAttributes) algorithms() *algorithmProtection {
	if a == nil {
		return nil
	}
	return a.protection
}

// isDER reports whether the attributes are encoded in DER, as RFC 5652, section 5.3 demands.
func (a *signedAttributes) isDER() bool { return a == nil || len(a.forms) == 1 }

// readSignedAttributes reads the whole element [0] of a SignerInfo. By RFC 5652, section 5.4 the
// signature covers the DER of the attributes, even if they are encoded differently. Producers that
// wrote a wrong order or length signed their own encoding instead.
func readSignedAttributes(whole []byte) (*signedAttributes, error) {
	definite, ok := ber.Definite(whole, ber.MaxDepth)
	if !ok && ber.Deep(whole, false) {
		return nil, tooMuch("signed attributes nested more than %d levels deep", ber.MaxDepth)
	}
	s := cryptobyte.String(definite)
	var contents cryptobyte.String
	if !ok || !s.ReadASN1(&contents, explicit(0)) {
		return nil, errorf(Malformed, "the signed attributes cannot be read")
	}
	encoded, err := readEncoded(contents)
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(definite)))
	b.AddASN1(cryptobyte_asn1.SET, func(b *cryptobyte.Builder) {
		for _, one := range encoded {
			b.AddBytes(one.der)
		}
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, errorf(Malformed, "the signed attributes cannot be read")
	}
	a := &signedAttributes{forms: [][]byte{der}}
	asTheyStand := bytes.Clone(whole)
	asTheyStand[0] = byte(cryptobyte_asn1.SET)
	if !bytes.Equal(der, asTheyStand) {
		a.forms = append(a.forms, asTheyStand)
		a.remarks = append(a.remarks, "the signed attributes are not encoded, or not ordered, as DER demands")
	}
	for _, one := range encoded {
		if err := a.add(one.Attribute); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// encodedAttribute is an attribute with its DER.
type encodedAttribute struct {
	Attribute
	der []byte
}

// readEncoded reads attributes of definite lengths and sorts them in the order of DER: ITU-T X.690,
// section 11.6.
func readEncoded(s cryptobyte.String) ([]encodedAttribute, error) {
	var all []encodedAttribute
	for !s.Empty() {
		if len(all) == maxAttributes {
			return nil, tooMuch("more than %d signed attributes", maxAttributes)
		}
		before := s
		one, err := readAttribute(&s)
		if err != nil {
			return nil, err
		}
		der := []byte(before[:len(before)-len(s)])
		if len(one.Values) > 1 { // a SET OF, whose order is not known
			slices.SortFunc(one.Values, bytes.Compare)
			der, err = attribute(one.Type, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(one.Values, nil)) })
			if err != nil {
				return nil, errorf(Malformed, "a signed attribute cannot be read")
			}
		}
		all = append(all, encodedAttribute{one, der})
	}
	slices.SortFunc(all, func(a, b encodedAttribute) int { return bytes.Compare(a.der, b.der) })
	return all, nil
}

func readAttribute(s *cryptobyte.String) (Attribute, error) {
	var one Attribute
	var inner, kind, set cryptobyte.String
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) ||
		!inner.ReadASN1Element(&kind, cryptobyte_asn1.OBJECT_IDENTIFIER) ||
		!inner.ReadASN1(&set, cryptobyte_asn1.SET) || !inner.Empty() {
		return one, errorf(Malformed, "a signed attribute cannot be read")
	}
	if len(kind) > maxOID {
		return one, tooMuch("a type of a signed attribute of more than %d bytes", maxOID)
	}
	if !kind.ReadASN1ObjectIdentifier(&one.Type) {
		return one, errorf(Malformed, "a signed attribute cannot be read")
	}
	for !set.Empty() {
		var tag cryptobyte_asn1.Tag
		var value cryptobyte.String
		if !set.ReadAnyASN1Element(&value, &tag) {
			return one, errorf(Malformed, "the signed attribute %v cannot be read", one.Type)
		}
		if len(one.Values) == maxValues {
			return one, tooMuch("more than %d values of the signed attribute %v", maxValues, one.Type)
		}
		one.Values = append(one.Values, value)
	}
	return one, nil
}

// add stores an attribute. It interprets the attributes that Verify needs. Each of these must occur
// once and have one value: RFC 5652, sections 5.3 and 11; RFC 5035, section 3; RFC 6211, section 2.
func (a *signedAttributes) add(one Attribute) error {
	repeated := a.has(one.Type)
	a.all = append(a.all, one)
	read := a.reader(one.Type)
	switch {
	case one.Type.Equal(oidSigningTime):
		// signing-time is only a hint: the verdict does not depend on it.
		if repeated || len(one.Values) != 1 || !readTime(one.Values[0], &a.signingTime) {
			a.signingTime = time.Time{}
			a.remarks = append(a.remarks, "the signing-time attribute cannot be read")
		}
		return nil
	case read == nil:
		return nil
	case repeated:
		return a.refuse(one.Type, "occurs twice")
	case len(one.Values) != 1:
		return a.refuse(one.Type, "does not have exactly one value")
	case !read(one.Values[0]):
		return a.refuse(one.Type, "cannot be read")
	}
	return nil
}

// refuse returns the error for an attribute that breaks its rules. For an attribute that says
// nothing about the content, it stores the error for Verify instead, so that Verify reports a
// changed content first.
func (a *signedAttributes) refuse(kind asn1.ObjectIdentifier, why string) error {
	as := Malformed
	switch {
	case kind.Equal(oidContentType):
		as = TypeMismatch
	case kind.Equal(oidAlgorithmProtection):
		as = AlgorithmMismatch
	case kind.Equal(oidSigningCertificate), kind.Equal(oidSigningCertificateV2):
		as = BindingMismatch
	}
	err := errorf(as, "the signed attribute %v %s", kind, why)
	if as == Malformed {
		return err
	}
	if a.refused == nil {
		a.refused = err
	}
	return nil
}

// reader returns the function that reads an attribute's value; nil = the attribute is stored
// unread.
func (a *signedAttributes) reader(kind asn1.ObjectIdentifier) func(value cryptobyte.String) (ok bool) {
	switch {
	case kind.Equal(oidContentType):
		return func(value cryptobyte.String) bool { return readOID(&value, &a.contentType) }
	case kind.Equal(oidMessageDigest):
		return func(value cryptobyte.String) bool {
			var digest cryptobyte.String
			ok := value.ReadASN1(&digest, cryptobyte_asn1.OCTET_STRING)
			a.messageDigest = append([]byte{}, digest...)
			return ok
		}
	case kind.Equal(oidSigningCertificate):
		return func(value cryptobyte.String) bool { return readBinding(value, BindingV1, &a.v1) }
	case kind.Equal(oidSigningCertificateV2):
		return func(value cryptobyte.String) bool { return readBinding(value, BindingV2, &a.v2) }
	case kind.Equal(oidAlgorithmProtection):
		return func(value cryptobyte.String) (ok bool) {
			a.protection, ok = readAlgorithmProtection(value)
			return ok
		}
	}
	return nil
}

func (a *signedAttributes) has(kind asn1.ObjectIdentifier) bool {
	return a != nil && slices.ContainsFunc(a.all, func(other Attribute) bool { return other.Type.Equal(kind) })
}

// readTime reads a signing-time. RFC 5652 forbids fractions of a second, but some TSAs write them.
func readTime(s cryptobyte.String, out *time.Time) bool {
	if s.PeekASN1Tag(cryptobyte_asn1.UTCTime) {
		return s.ReadASN1UTCTime(out) && s.Empty()
	}
	peek := s
	return peek.ReadASN1GeneralizedTime(out) || readGenTime(&s, out)
}

func readAlgorithmProtection(value cryptobyte.String) (*algorithmProtection, bool) {
	var inner cryptobyte.String
	if !value.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !value.Empty() {
		return nil, false
	}
	var digest, signature algorithm.Identifier
	if !digest.Read(&inner, cryptobyte_asn1.SEQUENCE) || !signature.Read(&inner, explicit(1)) || !inner.Empty() {
		return nil, false
	}
	return &algorithmProtection{digest: digest.Digest(), signature: signature}, true
}
