package verify

import (
	"errors"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// read finds out what the signature is, without judging whether it holds.
func (e *examination) read(s *signedField) error {
	s.finding = &pades.Signature{
		Kind: pades.KindSignature, Field: s.field.Name, ByteRange: s.ranges, ChangesAfter: pades.ChangeNotEvaluated,
	}
	s.own = &form.Restrictions{Seen: map[pdf.Ref]bool{}}
	if err := e.describe(s, s.finding, s.own); err != nil {
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
		s.stamp = e.readStamp(der, s.place())
		if s.stamp.token == nil {
			return s.stamp.fault
		}
		s.finding.DigestAlgorithm, s.finding.SignatureAlgorithm = s.stamp.token.Hash.String(), s.stamp.token.SignatureAlgorithm
		s.remark(s.stamp.token.Remarks...)
		return nil
	}
	if s.signed, err = e.parse(s, der); err != nil {
		return pades.CmsFailure(err)
	}
	s.remark(s.signed.Remarks...)
	if err := e.chargeCertificates(s.signed); err != nil {
		s.signed = nil
		return err
	}
	s.finding.DigestAlgorithm, s.finding.SignatureAlgorithm = s.signed.DigestAlgorithm.String(), s.signed.SignatureAlgorithm
	if signer, err := s.signed.Signer(); err == nil {
		s.finding.Signer = e.chain.Describe(signer)
	}
	for i, token := range s.signed.Timestamps() {
		if i == maxStamps {
			break
		}
		s.stamps = append(s.stamps, e.readStamp(token, s.place()))
	}
	return nil
}

// chargeCertificates says why the certificates of a signature or timestamp are too much.
func (e *examination) chargeCertificates(signed *cms.SignedData) error {
	for _, c := range slices.Concat(signed.Certificates, signed.Refused) {
		e.embedded += len(c.Raw)
	}
	if e.embedded > maxEmbedded {
		return pades.Undecided(pades.LimitReached, "the signatures of the document embed too many certificates")
	}
	return nil
}

// describe copies what the signature dictionary says of itself.
func (e *examination) describe(s *signedField, finding *pades.Signature, own *form.Restrictions) error {
	subFilter, err := e.file.Name(s.dict["SubFilter"])
	if err != nil {
		return pades.Failed(pades.FormatFailure, "/SubFilter is not a name")
	}
	finding.SubFilter = string(subFilter)
	if subFilter == pades.SubFilterTimestamp {
		finding.Kind = pades.KindDocumentTimestamp
	}
	for key, text := range map[pdf.Name]*string{
		"Reason": &finding.Reason, "Location": &finding.Location, "ContactInfo": &finding.ContactInfo, "Name": &finding.Name,
	} {
		value, err := e.file.String(s.dict[key])
		if err != nil {
			return pades.Failed(pades.FormatFailure, "/"+string(key)+" is not a string")
		}
		*text = value.Text()
	}
	claimed, err := e.file.String(s.dict["M"])
	if err != nil {
		return pades.Failed(pades.FormatFailure, "/M is not a date")
	}
	if len(claimed) > 0 {
		if finding.ClaimedTime, err = pades.ParseDate(claimed.Text()); err != nil {
			return pades.Failed(pades.FormatFailure, "/M is not a date")
		}
	}
	if err := own.AddSignature(e.file, s.dict); err != nil {
		return pades.Failed(pades.FormatFailure, "/Reference cannot be read")
	}
	finding.Certification = own.Certification
	// What its field leaves with /P holds for all that follows the signature, with or without a transform: ISO 32000-2, table 236.
	if err := own.AddLock(e.file, s.field.Dict["Lock"], false); err != nil {
		return pades.Failed(pades.FormatFailure, "/Lock of the field cannot be read")
	}
	return nil
}

// contents proves that the gap of /ByteRange is exactly the hexadecimal string /Contents of this very signature dictionary, and
// gives its bytes with the padding: anything else in the gap could be changed without breaking the signature.
func (e *examination) contents(s *signedField) ([]byte, error) {
	r := s.ranges
	if len(r) != 4 || r[0] != 0 || r[1] <= 0 || r[2] <= r[1] || r[3] < 0 || r[2] > e.doc.Size()-r[3] {
		return nil, pades.Failed(pades.FormatFailure, "/ByteRange is not two ranges within the document, from its beginning")
	}
	ref, ok := s.field.Value.(pdf.Ref)
	if !ok {
		return nil, pades.Failed(pades.FormatFailure, "the signature dictionary is not an object of its own")
	}
	place, err := e.file.Span(ref, "Contents")
	if fault, ok := errors.AsType[*pdf.Error](err); ok {
		return nil, pades.Failed(pades.FormatFailure, "/Contents cannot be located: "+fault.Detail)
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
