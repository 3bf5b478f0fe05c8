package verify

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// read reads what the signature is. It does not judge whether the signature verifies.
func (e *examination) read(s *signedField) error {
	if err := e.readRestrictions(s); err != nil {
		return err
	}
	if err := e.describe(s); err != nil {
		return err
	}
	if s.shared {
		return pades.Failed(pades.FormatFailure, "another field has the same signature dictionary")
	}
	padded, err := e.contents(s)
	if _, ok := err.(*pades.VerdictError); !ok && err != nil {
		return err
	}
	s.placed = err == nil
	if !evaluated(s.finding.SubFilter) {
		return pades.Undecided(pades.SigConstraintsFailure, "the format of the signature is not one that is evaluated")
	}
	if err != nil {
		return err
	}
	der, padding, err := cms.Split(padded)
	if err != nil {
		return pades.CmsFailure(err)
	}
	if !cms.Blank(padding) {
		s.judgePadding()
	}
	if s.finding.Kind == pades.KindDocumentTimestamp {
		return e.readDocumentTimestamp(s, der)
	}
	return e.readSigned(s, der)
}

func (e *examination) readDocumentTimestamp(s *signedField, der []byte) error {
	s.timestamp = e.readTimestamp(der, s.place())
	if s.timestamp.token == nil {
		return s.timestamp.err
	}
	s.finding.DigestAlgorithm, s.finding.SignatureAlgorithm = s.timestamp.token.Hash.String(),
		s.timestamp.token.SignatureAlgorithm
	s.remark(s.timestamp.token.Remarks...)
	return nil
}

// readSigned reads the CMS of a signature, with its timestamps.
func (e *examination) readSigned(s *signedField, der []byte) (err error) {
	if s.signed, err = e.parse(s, der); err != nil {
		return pades.CmsFailure(err)
	}
	s.remark(s.signed.Remarks...)
	if err := e.chargeCertificates(s.signed); err != nil {
		s.signed = nil
		return err
	}
	s.finding.DigestAlgorithm, s.finding.SignatureAlgorithm = s.signed.DigestAlgorithm.String(),
		s.signed.SignatureAlgorithm
	if signer, err := s.signed.Signer(); err == nil {
		s.finding.Signer = e.chain.Describe(signer)
	}
	for i, token := range s.signed.Timestamps() {
		if i == maxTimestamps {
			s.outcome.unread = pades.LimitedBy(fmt.Sprintf("the signature has more than %d timestamps", maxTimestamps))
			break
		}
		s.timestamps = append(s.timestamps, e.readTimestamp(token, s.place()))
	}
	return nil
}

// chargeCertificates counts the certificates that a signature or timestamp embeds. It returns a
// verdict if the document's signatures embed more than maxEmbedded bytes.
func (e *examination) chargeCertificates(signed *cms.SignedData) error {
	for _, c := range slices.Concat(signed.Certificates, signed.Refused) {
		e.spent.certificates += len(c.Raw)
	}
	if e.spent.certificates > maxEmbedded {
		return pades.LimitedBy(fmt.Sprintf("the signatures of the document embed certificates of more than %d bytes",
			maxEmbedded))
	}
	return nil
}

// describe copies the entries in which the signature dictionary describes the signature. An entry
// that cannot be read is only a remark, because the signature does not depend on it.
func (e *examination) describe(s *signedField) error {
	subFilter, err := e.fileOf(s).Name(s.dict["SubFilter"])
	if err := s.overlook(err, "/SubFilter is not a name"); err != nil {
		return err
	}
	s.finding.SubFilter = string(subFilter)
	if subFilter == pades.SubFilterTimestamp {
		s.finding.Kind = pades.KindDocumentTimestamp
	}
	for _, one := range []struct {
		key  pdf.Name
		text *string
	}{
		{"Reason", &s.finding.Reason}, {"Location", &s.finding.Location}, {"ContactInfo", &s.finding.ContactInfo},
		{"Name", &s.finding.Name},
	} {
		value, err := e.fileOf(s).String(s.dict[one.key])
		if err := s.overlook(err, "/"+string(one.key)+" is not a string"); err != nil {
			return err
		}
		*one.text = value.Text()
	}
	return e.readClaim(s)
}

// readClaim reads /M, the time that the signer claims: ISO 32000-2, 7.9.4.
func (e *examination) readClaim(s *signedField) error {
	claimed, err := e.fileOf(s).String(s.dict["M"])
	if err != nil {
		s.outcome.oddClaim = true
		return s.overlook(err, "/M is not a date")
	}
	if len(claimed) == 0 {
		return nil
	}
	if s.finding.ClaimedTime, err = pades.ParseDate(claimed.Text()); err == nil {
		return nil
	}
	s.outcome.oddClaim = true
	other, _ := time.Parse(time.RFC3339, claimed.Text()) // zero if it is no date at all
	s.finding.ClaimedTime = other.UTC()
	s.remark("/M is a date, but not in the form of PDF")
	return nil
}

// readRestrictions reads what the signature permits to come after it. If that is not known, the
// signature permits only what every signature permits.
func (e *examination) readRestrictions(s *signedField) error {
	s.own = &form.Restrictions{Seen: map[pdf.Ref]bool{}}
	err := s.own.AddSignature(e.fileOf(s), s.dict)
	if err == nil {
		// The /P of the field's /Lock applies to everything that follows the signature, with or
		// without a transform: ISO 32000-2, table 236.
		err = s.own.AddLock(e.fileOf(s), s.field.Dict["Lock"], false)
	}
	if err != nil && !pades.IsOfDocument(err) {
		return err
	}
	s.finding.Certification = s.own.Certification
	switch limit := pades.LimitOf(err); {
	case limit != nil:
		s.outcome.permission = limit
	case err != nil:
		s.outcome.permission = pades.Undecided(pades.SigConstraintsFailure,
			"the changes that the signature permits cannot be read")
		s.remark("/Reference, or the /Lock of the field, cannot be read")
	}
	return nil
}

// overlook turns an error about a value that nothing depends on into a remark. A limit remains an
// error, and so does an error that the document does not cause.
func (s *signedField) overlook(err error, remark string) error {
	if err == nil || !pades.IsOfDocument(err) {
		return err
	}
	if limit := pades.LimitOf(err); limit != nil {
		return limit
	}
	s.remark(remark)
	return nil
}

// contents proves that the gap of /ByteRange is exactly the hexadecimal string /Contents of this
// signature dictionary, and gives its bytes with the padding. Anything else in the gap could be
// changed without breaking the signature.
func (e *examination) contents(s *signedField) ([]byte, error) {
	r := s.ranges
	if len(r) != 4 || r[0] != 0 || r[1] <= 0 || r[2] <= r[1] || r[3] < 0 || r[2] > e.doc.Size()-r[3] {
		return nil, pades.Failed(pades.FormatFailure,
			"/ByteRange is not two ranges within the document, from its beginning")
	}
	ref, ok := s.field.Value.(pdf.Ref)
	if !ok {
		return nil, pades.Failed(pades.FormatFailure, "the signature dictionary is a direct object")
	}
	place, err := e.fileOf(s).Span(ref, "Contents")
	if limit := pades.LimitOf(err); limit != nil {
		return nil, limit
	}
	if pdfErr, ok := errors.AsType[*pdf.Error](err); ok {
		return nil, pades.Failed(pades.FormatFailure, "/Contents cannot be located: "+pdfErr.Detail)
	}
	if err != nil {
		return nil, err
	}
	if place.Start != r[1] || place.End != r[2] {
		return nil, pades.Failed(pades.FormatFailure, "the gap of /ByteRange is not exactly /Contents")
	}
	padded, ok := s.dict["Contents"].(pdf.String)
	if !ok || !place.Digits {
		return nil, pades.Failed(pades.FormatFailure, "/Contents is not a hexadecimal string of digits alone")
	}
	return []byte(padded), nil
}
