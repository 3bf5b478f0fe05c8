package pades

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
)

// Formats of signatures (ISO 32000-2, table 260).
const (
	subFilterPAdES     = "ETSI.CAdES.detached"
	subFilterPKCS7     = "adbe.pkcs7.detached"
	subFilterTimestamp = "ETSI.RFC3161"
)

// failure ends the checks of one signature with its indication.
type failure struct {
	indication Indication
	sub        SubIndication
	detail     string
}

func (f *failure) Error() string { return fmt.Sprintf("%s %s: %s", f.indication, f.sub, f.detail) }

func failed(sub SubIndication, detail string) *failure { return &failure{TotalFailed, sub, detail} }

func undecided(sub SubIndication, detail string) *failure {
	return &failure{Indeterminate, sub, detail}
}

// read finds out what the signature is, without judging whether it holds.
func (e *examination) read(s *signedField) error {
	s.finding = &Signature{
		Kind: KindSignature, Field: s.field.name, ByteRange: s.ranges, Indication: TotalPassed, ChangesAfter: ChangeOther,
		BestSignatureTime: e.trust.Time,
	}
	s.own = &restrictions{seen: map[pdf.Ref]bool{}}
	if err := e.describe(s, s.finding, s.own); err != nil {
		return err
	}
	switch {
	case s.shared:
		return failed(FormatFailure, "another field has the same signature dictionary")
	case s.finding.SubFilter != subFilterPAdES && s.finding.SubFilter != subFilterPKCS7 && s.finding.SubFilter != subFilterTimestamp:
		return undecided(SigConstraintsFailure, "the format of the signature is not one that is evaluated")
	}
	der, err := e.contents(s)
	if err != nil {
		return err
	}
	if s.finding.Kind == KindDocumentTimestamp {
		s.stamp = e.readStamp(der, s.place())
		if s.stamp.token == nil {
			return s.stamp.fault
		}
		s.finding.DigestAlgorithm, s.finding.SignatureAlgorithm = s.stamp.token.Hash.String(), s.stamp.token.SignatureAlgorithm
		return nil
	}
	if s.signed, err = e.reader.Parse(der); err != nil {
		return cmsFailure(err)
	}
	if err := e.afford(s.signed); err != nil {
		s.signed = nil
		return err
	}
	s.finding.DigestAlgorithm, s.finding.SignatureAlgorithm = s.signed.DigestAlgorithm.String(), s.signed.SignatureAlgorithm
	if signer, err := s.signed.Signer(); err == nil {
		s.finding.Signer = e.show(signer)
	}
	for i, token := range s.signed.Timestamps() {
		if i == maxStamps {
			break
		}
		s.stamps = append(s.stamps, e.readStamp(token, s.place()))
	}
	return nil
}

// afford says why the certificates of a signature or timestamp are too much.
func (e *examination) afford(signed *cms.SignedData) error {
	for _, c := range signed.Certificates {
		e.embedded += len(c.Raw)
	}
	if e.embedded > maxEmbedded {
		return failed(FormatFailure, "the signatures of the document embed too many certificates")
	}
	return nil
}

// check holds the signature against the document: ETSI EN 319 102-1, 5.2.7, and the form of the baseline levels.
func (e *examination) check(ctx context.Context, s *signedField) error {
	if s.stamp != nil {
		if err := e.hold(ctx, s.stamp, s.digest); err != nil {
			return err
		}
		return s.stamp.fault
	}
	if signer, err := s.signed.Signer(); err == nil && !e.bear(signer) {
		return tooDear()
	}
	err := s.signed.Verify(s.digest)
	if fault, ok := errors.AsType[*cms.Fault](err); ok && fault.Kind == cms.AlgorithmForbidden {
		s.weak, err = fault, nil
	}
	if err != nil {
		return cmsFailure(err)
	}
	form := s.signed.Baseline()
	if fault, ok := errors.AsType[*cms.Fault](form); ok && fault.Kind == cms.BindingMissing && s.finding.SubFilter == subFilterPAdES {
		return cmsFailure(fault) // what claims to be PAdES must name its certificate: EN 319 142-1, 6.3
	}
	if form == nil && s.finding.SubFilter == subFilterPAdES && !s.finding.ClaimedTime.IsZero() {
		s.finding.Level = LevelBB
	}
	for _, stamp := range s.stamps {
		if stamp.fault != nil {
			continue
		}
		if err := e.hold(ctx, stamp, stamp.imprint(s.signed.Signature)); err != nil {
			return err
		}
	}
	if s.finding.ClaimedTime.IsZero() {
		s.finding.ClaimedTime = s.signed.SigningTime
	}
	return nil
}

// conclude writes the verdict into the finding.
func (e *examination) conclude(s *signedField) {
	for _, stamp := range s.stamps {
		s.finding.Timestamps = append(s.finding.Timestamps, e.timestamp(stamp))
	}
	verdict, ok := errors.AsType[*failure](s.fault)
	if !ok {
		return
	}
	s.finding.Indication, s.finding.SubIndication, s.finding.Detail = verdict.indication, verdict.sub, verdict.detail
	if verdict.indication == TotalFailed {
		s.finding.Level = ""
	}
}

// describe copies what the signature dictionary says of itself.
func (e *examination) describe(s *signedField, finding *Signature, own *restrictions) error {
	subFilter, err := e.file.Name(s.dict["SubFilter"])
	if err != nil {
		return failed(FormatFailure, "/SubFilter is not a name")
	}
	finding.SubFilter = string(subFilter)
	if subFilter == subFilterTimestamp {
		finding.Kind = KindDocumentTimestamp
	}
	for key, text := range map[pdf.Name]*string{
		"Reason": &finding.Reason, "Location": &finding.Location, "ContactInfo": &finding.ContactInfo, "Name": &finding.Name,
	} {
		value, err := e.file.String(s.dict[key])
		if err != nil {
			return failed(FormatFailure, "/"+string(key)+" is not a string")
		}
		*text = value.Text()
	}
	claimed, err := e.file.String(s.dict["M"])
	if err != nil {
		return failed(FormatFailure, "/M is not a date")
	}
	if len(claimed) > 0 {
		if finding.ClaimedTime, err = parseDate(claimed.Text()); err != nil {
			return failed(FormatFailure, "/M is not a date")
		}
	}
	if err := own.addSignature(e.file, s.dict); err != nil {
		return failed(FormatFailure, "/Reference cannot be read")
	}
	finding.Certification = own.certification
	// What its field leaves with /P holds for all that follows the signature, with or without a transform: ISO 32000-2, table 236.
	if err := own.addLock(e.file, s.field.dict["Lock"], false); err != nil {
		return failed(FormatFailure, "/Lock of the field cannot be read")
	}
	return nil
}

// contents proves that the gap of /ByteRange is exactly the hexadecimal string /Contents of this very signature dictionary, and
// gives its bytes: anything else in the gap could be changed without breaking the signature.
func (e *examination) contents(s *signedField) ([]byte, error) {
	r := s.ranges
	if len(r) != 4 || r[0] != 0 || r[1] <= 0 || r[2] <= r[1] || r[3] < 0 || r[2] > e.doc.Size()-r[3] {
		return nil, failed(FormatFailure, "/ByteRange is not two ranges within the document, from its beginning")
	}
	ref, ok := s.field.value.(pdf.Ref)
	if !ok {
		return nil, failed(FormatFailure, "the signature dictionary is not an object of its own")
	}
	place, err := e.file.Span(ref, "Contents")
	if fault, ok := errors.AsType[*pdf.Error](err); ok {
		return nil, failed(FormatFailure, "/Contents cannot be located: "+fault.Detail)
	}
	if err != nil {
		return nil, err
	}
	if place.Start != r[1] || place.End != r[2] {
		return nil, failed(FormatFailure, "the gap of /ByteRange is not exactly /Contents")
	}
	padded, ok := s.dict["Contents"].(pdf.String)
	if !ok || !place.Digits {
		return nil, failed(FormatFailure, "/Contents is not a hexadecimal string of digits alone")
	}
	der, err := cms.Trim([]byte(padded))
	if err != nil {
		return nil, cmsFailure(err)
	}
	return der, nil
}

// cmsFailure gives a fault of the CMS its indication: a broken signature has failed, an algorithm or a binding that we cannot
// accept leaves the question open (ETSI EN 319 102-1, table 6).
func cmsFailure(err error) error {
	fault, ok := errors.AsType[*cms.Fault](err)
	if !ok {
		return err
	}
	sub := SubIndication(fault.SubIndication())
	switch sub {
	case FormatFailure, HashFailure, SigCryptoFailure:
		return failed(sub, fault.Detail)
	}
	return undecided(sub, fault.Detail)
}

// show gives a certificate as the report shows it, and must not be changed: issuers stand in many chains.
func (e *examination) show(c *x509.Certificate) *Certificate {
	if shown, known := e.shown[c]; known {
		return shown
	}
	sum := sha256.Sum256(c.Raw)
	shown := &Certificate{
		Subject: e.dn(c.RawSubject, c.Subject), Issuer: e.dn(c.RawIssuer, c.Issuer), Serial: c.SerialNumber.Text(16),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Fingerprint: hex.EncodeToString(sum[:]),
	}
	e.shown[c] = shown
	return shown
}

// dn is a distinguished name in the form of RFC 2253. An issuer's stands in its own certificate too.
func (e *examination) dn(raw []byte, name pkix.Name) string {
	if text, known := e.names[string(raw)]; known {
		return text
	}
	if e.names == nil {
		e.names = map[string]string{}
	}
	text := name.String()
	e.names[string(raw)] = text
	return text
}
