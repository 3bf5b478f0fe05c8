package revocation

import (
	"bytes"
	"crypto/x509"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
)

// Response is a parsed OCSP response. Safe for concurrent use while nobody changes it.
type Response struct {
	Raw          []byte              // the input; not copied
	Certificates []*x509.Certificate // that came with it, as far as they can be read
	ProducedAt   time.Time           // not authentic before About has returned evidence

	signed  signed
	name    []byte // DER of the responder's name, or
	keyHash []byte // SHA-1 of its key
	singles []single
}

// single is a SingleResponse: RFC 6960, section 4.2.1.
type single struct {
	id                     certID
	status                 Status
	revokedAt              time.Time
	reason                 int
	thisUpdate, nextUpdate time.Time
	archiveCutoff          time.Time
	hash                   *certHash // nil = none
}

const oidOCSPBasic = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01"

// ParseResponse reads a DER OCSPResponse with status successful. Its errors are *Error.
func ParseResponse(der []byte) (*Response, error) {
	basic, err := unwrap(der)
	if err != nil {
		return nil, err
	}
	r := &Response{Raw: der}
	if err := r.readBasic(basic); err != nil {
		return nil, err
	}
	return r, nil
}

// Recall makes About use and extend the facts in proven. Call it before the first call of About.
func (r *Response) Recall(proven *algorithm.Proven) { r.signed.proven = proven }

// unwrap returns the BasicOCSPResponse, or the error that the responder's status stands for.
func unwrap(der []byte) (cryptobyte.String, *Error) {
	if len(der) > MaxResponse {
		return nil, beyond("the OCSP response has %d bytes, more than %d", len(der), MaxResponse)
	}
	s := cryptobyte.String(der)
	var inner, bytesField, responseBytes, oid, basic cryptobyte.String
	var status int
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !s.Empty() || !inner.ReadASN1Enum(&status) {
		return nil, errorf(Malformed, "the OCSP response cannot be read")
	}
	if status != 0 {
		return nil, refusal(status)
	}
	if !inner.ReadASN1(&bytesField, explicit(0)) || !inner.Empty() ||
		!bytesField.ReadASN1(&responseBytes, asn1.SEQUENCE) ||
		!bytesField.Empty() || !responseBytes.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
		!responseBytes.ReadASN1(&basic, asn1.OCTET_STRING) || !responseBytes.Empty() {
		return nil, errorf(Malformed, "the OCSP response cannot be read")
	}
	if string(oid) != oidOCSPBasic {
		return nil, errorf(Malformed, "the OCSP response is not a BasicOCSPResponse")
	}
	return basic, nil
}

// refusal describes an OCSPResponseStatus.
func refusal(status int) *Error {
	words := map[int]string{1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired",
		6: "unauthorized"}
	word, ok := words[status]
	if !ok {
		return errorf(Malformed, "the OCSP response has the unknown status %d", status)
	}
	err := errorf(Refused, "the responder answered %s", word)
	err.Retry = word == "internalError" || word == "tryLater"
	return err
}

func (r *Response) readBasic(s cryptobyte.String) *Error {
	malformed := func() *Error { return errorf(Malformed, "the BasicOCSPResponse cannot be read") }
	var inner, data cryptobyte.String
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !s.Empty() || !inner.ReadASN1Element(&data, asn1.SEQUENCE) {
		return malformed()
	}
	var ok bool
	if r.signed, ok = readSignature(&inner, data); !ok {
		return malformed()
	}
	var certificates cryptobyte.String
	var present bool
	if !inner.ReadOptionalASN1(&certificates, &present, explicit(0)) || !inner.Empty() {
		return malformed()
	}
	if present {
		if err := r.readCertificates(certificates); err != nil {
			return err
		}
	}
	return r.readData(data)
}

// readCertificates keeps the readable certificates. An unreadable one cannot be the signer and is
// ignored.
func (r *Response) readCertificates(s cryptobyte.String) *Error {
	var list, element cryptobyte.String
	malformed := func() *Error { return errorf(Malformed, "the BasicOCSPResponse cannot be read") }
	if !s.ReadASN1(&list, asn1.SEQUENCE) || !s.Empty() {
		return malformed()
	}
	for count := 0; !list.Empty(); count++ {
		if count == maxCertificates {
			return beyond("the OCSP response has more than %d certificates", maxCertificates)
		}
		if !list.ReadASN1Element(&element, asn1.SEQUENCE) {
			return malformed()
		}
		if c, err := certificate.ParseSound(element); err == nil {
			r.Certificates = append(r.Certificates, c)
		}
	}
	return nil
}

// readData reads ResponseData.
func (r *Response) readData(s cryptobyte.String) *Error {
	malformed := func() *Error { return errorf(Malformed, "the ResponseData cannot be read") }
	var data, responses cryptobyte.String
	var version int
	if !s.ReadASN1(&data, asn1.SEQUENCE) || !data.ReadOptionalASN1Integer(&version, explicit(0), 0) || version != 0 ||
		!r.readResponderID(&data) || !readGeneralizedTime(&data, &r.ProducedAt) ||
		!data.ReadASN1(&responses, asn1.SEQUENCE) {
		return malformed()
	}
	for !responses.Empty() {
		if len(r.singles) == maxSingles {
			return beyond("the OCSP response covers more than %d certificates", maxSingles)
		}
		var one single
		if err := readSingle(&responses, &one); err != nil {
			return err
		}
		r.singles = append(r.singles, one)
	}
	extensions, ok := optionalExtensions(&data, explicit(1))
	if !ok || !data.Empty() {
		return malformed()
	}
	_, err := readExtensions(extensions, oidOCSPNonce, oidOCSPExtendedRevoke)
	return err
}

func (r *Response) readResponderID(s *cryptobyte.String) bool {
	var id, name cryptobyte.String
	if s.PeekASN1Tag(explicit(1)) {
		if !s.ReadASN1(&id, explicit(1)) || !id.ReadASN1Element(&name, asn1.SEQUENCE) || !id.Empty() {
			return false
		}
		r.name = name
		return true
	}
	return s.ReadASN1(&id, explicit(2)) && id.ReadASN1Bytes(&r.keyHash, asn1.OCTET_STRING) && id.Empty() &&
		len(r.keyHash) == algorithm.SHA1.Size()
}

func readSingle(s *cryptobyte.String, one *single) *Error {
	malformed := func() *Error { return errorf(Malformed, "a SingleResponse cannot be read") }
	var inner, next cryptobyte.String
	var present bool
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !readCertID(&inner, &one.id) || !one.readStatus(&inner) ||
		!readGeneralizedTime(&inner, &one.thisUpdate) || !inner.ReadOptionalASN1(&next, &present, explicit(0)) {
		return malformed()
	}
	if present && (!readGeneralizedTime(&next, &one.nextUpdate) || !next.Empty()) ||
		!ordered(one.thisUpdate, one.nextUpdate) {
		return malformed()
	}
	extensions, ok := optionalExtensions(&inner, explicit(1))
	if !ok || !inner.Empty() {
		return malformed()
	}
	all, err := readExtensions(extensions, oidOCSPNonce, oidReasonCode, oidInvalidityDate, oidOCSPCRLReferences,
		oidOCSPArchiveCutoff, oidCertHash)
	for _, e := range all {
		switch string(e.oid) {
		case oidOCSPArchiveCutoff:
			one.archiveCutoff = readCutoff(e.value)
		case oidCertHash:
			hash, ok := readCertHash(e.value)
			if one.hash = hash; !ok && e.critical {
				return malformed()
			}
		}
	}
	return err
}

// readStatus reads a CertStatus.
func (one *single) readStatus(s *cryptobyte.String) bool {
	var contents, reason cryptobyte.String
	var present bool
	switch {
	case s.PeekASN1Tag(implicit(0)):
		one.status = Good
		return s.ReadASN1(&contents, implicit(0)) && contents.Empty()
	case s.PeekASN1Tag(implicit(2)):
		one.status = Unknown
		return s.ReadASN1(&contents, implicit(2)) && contents.Empty()
	}
	one.status = Revoked
	if !s.ReadASN1(&contents, explicit(1)) || !readGeneralizedTime(&contents, &one.revokedAt) ||
		!contents.ReadOptionalASN1(&reason, &present, explicit(0)) || !contents.Empty() {
		return false
	}
	return !present || readReason(reason, &one.reason)
}

// About returns the statement of the response about a certificate. Of several, a final revocation
// counts; without one, the newest. Its errors are *Error, of Kind NotAbout if the response covers
// only other certificates. About searches the responder's certificate in the response, then among
// the others, because the document may hold it instead.
func (r *Response) About(certificate, issuer *x509.Certificate, others ...*x509.Certificate) (*Evidence, error) {
	one, ok := r.find(certificate, issuer)
	if !ok {
		return nil, errorf(NotAbout, "the OCSP response covers other certificates")
	}
	signer, err := r.signer(issuer, others)
	if err != nil {
		return nil, err
	}
	return &Evidence{
		Kind: KindOCSP, Raw: r.Raw, Status: one.status, RevokedAt: one.revokedAt, Reason: one.reason,
		ThisUpdate: one.thisUpdate, NextUpdate: one.nextUpdate, ProducedAt: r.ProducedAt,
		ArchiveCutoff: one.archiveCutoff, Signer: signer, NoCheck: signer != issuer && HasNoCheck(signer),
	}, nil
}

// find returns the statement about a certificate that counts.
func (r *Response) find(certificate, issuer *x509.Certificate) (found single, ok bool) {
	if !bytes.Equal(certificate.RawIssuer, issuer.RawSubject) {
		return single{}, false
	}
	serial := serialOf(certificate)
	for _, one := range r.singles {
		about := bytes.Equal(one.id.serial, serial) && one.id.names(certificate, issuer) && one.names(certificate)
		if about && (!ok || one.outranks(found)) {
			found, ok = one, true
		}
	}
	return found, ok
}

// final reports whether a SingleResponse states a revocation that cannot be lifted.
func (one single) final() bool { return one.status == Revoked && one.reason != certificateHold }

// outranks reports whether a statement counts rather than another one about the same certificate:
// the earliest final revocation; without one, the newest statement; of two at the same time, the
// one that is a hold.
func (one single) outranks(other single) bool {
	switch {
	case one.final() != other.final():
		return one.final()
	case one.final():
		return one.revokedAt.Before(other.revokedAt)
	}
	newer := one.thisUpdate.Compare(other.thisUpdate)
	return newer > 0 || newer == 0 && one.status == Revoked
}
