package pades

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

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

// verify makes the finding for one signature. Only failures to read the document are errors.
func (e *examination) verify(ctx context.Context, s signedField) (*Signature, error) {
	finding := &Signature{Field: s.field.name, ByteRange: s.ranges, Indication: TotalPassed, ChangesAfter: ChangeOther}
	own := &restrictions{seen: map[pdf.Ref]bool{}}
	err := e.describe(s, finding, own)
	if err == nil {
		err = e.check(ctx, s, finding, own)
	}
	if err == nil {
		return finding, nil
	}
	verdict, ok := errors.AsType[*failure](err)
	if !ok {
		return nil, err
	}
	finding.Indication, finding.SubIndication, finding.Detail = verdict.indication, verdict.sub, verdict.detail
	if verdict.indication == TotalFailed {
		finding.Level = ""
	}
	return finding, nil
}

// describe copies what the signature dictionary says of itself.
func (e *examination) describe(s signedField, finding *Signature, own *restrictions) error {
	subFilter, err := e.file.Name(s.dict["SubFilter"])
	if err != nil {
		return failed(FormatFailure, "/SubFilter is not a name")
	}
	finding.SubFilter = string(subFilter)
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
	return nil
}

// check runs the building blocks of ETSI EN 319 102-1, 5.3, for a basic signature: format, identification of the signer,
// cryptographic verification, X.509 validation, acceptance.
func (e *examination) check(ctx context.Context, s signedField, finding *Signature, own *restrictions) error {
	switch {
	case s.shared:
		return failed(FormatFailure, "another field has the same signature dictionary")
	case finding.SubFilter == subFilterTimestamp:
		return undecided(SigConstraintsFailure, "document timestamps are not evaluated")
	case finding.SubFilter != subFilterPAdES && finding.SubFilter != subFilterPKCS7:
		return undecided(SigConstraintsFailure, "the format of the signature is not one that is evaluated")
	}
	der, err := e.contents(s)
	if err != nil {
		return err
	}
	signed, err := cms.Parse(der)
	if err != nil {
		return cmsFailure(err)
	}
	finding.DigestAlgorithm, finding.SignatureAlgorithm = signed.DigestAlgorithm.String(), signed.SignatureAlgorithm
	signer, err := signed.Signer()
	if err != nil {
		return cmsFailure(err)
	}
	finding.Signer = newCertificate(signer)
	var digest []byte
	if signed.DigestAlgorithm.Available() { // else Verify says that it is not known
		if digest, err = e.digest(ctx, s, signed.DigestAlgorithm.New); err != nil {
			return err
		}
	}
	if err := signed.Verify(digest); err != nil {
		return cmsFailure(err)
	}
	form := signed.Baseline()
	if fault, ok := errors.AsType[*cms.Fault](form); ok && fault.Kind == cms.BindingMissing && finding.SubFilter == subFilterPAdES {
		return cmsFailure(fault) // what claims to be PAdES must name its certificate: EN 319 142-1, 6.3
	}
	if form == nil && finding.SubFilter == subFilterPAdES && !finding.ClaimedTime.IsZero() {
		finding.Level = LevelBB
	}
	later, err := e.coverage(ctx, s, finding)
	if err != nil {
		return err
	}
	if err := e.trust.check(signer, signed.Certificates, finding.ClaimedTime); err != nil {
		return err
	}
	return e.allowed(ctx, s, own, later)
}

// contents proves that the gap of /ByteRange is exactly the hexadecimal string /Contents of this very signature dictionary, and
// gives its bytes: anything else in the gap could be changed without breaking the signature.
func (e *examination) contents(s signedField) ([]byte, error) {
	r := s.ranges
	if len(r) != 4 || r[0] != 0 || r[1] <= 0 || r[2] <= r[1] || r[3] < 0 || r[2] > e.doc.Size()-r[3] {
		return nil, failed(FormatFailure, "/ByteRange is not two ranges within the document, from its beginning")
	}
	ref, ok := s.field.value.(pdf.Ref)
	if !ok {
		return nil, failed(FormatFailure, "the signature dictionary is not an object of its own")
	}
	start, end, err := e.file.Span(ref, "Contents")
	if fault, ok := errors.AsType[*pdf.Error](err); ok {
		return nil, failed(FormatFailure, "/Contents cannot be located: "+fault.Detail)
	}
	if err != nil {
		return nil, err
	}
	if start != r[1] || end != r[2] {
		return nil, failed(FormatFailure, "the gap of /ByteRange is not exactly /Contents")
	}
	text := make([]byte, end-start)
	if n, err := e.doc.ReadAt(text, start); n < len(text) {
		return nil, fmt.Errorf("read /Contents: %w", err)
	}
	if len(text) < 4 || text[0] != '<' || text[len(text)-1] != '>' {
		return nil, failed(FormatFailure, "/Contents is not a hexadecimal string")
	}
	der := make([]byte, hex.DecodedLen(len(text)-2))
	if _, err := hex.Decode(der, text[1:len(text)-1]); err != nil {
		return nil, failed(FormatFailure, "/Contents holds something that is not hexadecimal")
	}
	der, err = cms.Trim(der)
	if err != nil {
		return nil, cmsFailure(err)
	}
	return der, nil
}

// digest is the digest of what /ByteRange covers.
func (e *examination) digest(ctx context.Context, s signedField, algorithm func() hash.Hash) ([]byte, error) {
	sum := algorithm()
	if err := readInto(ctx, e.doc, 0, s.ranges[1], sum); err != nil {
		return nil, err
	}
	if err := readInto(ctx, e.doc, s.ranges[2], s.end(), sum); err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
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

func newCertificate(c *x509.Certificate) *Certificate {
	sum := sha256.Sum256(c.Raw)
	return &Certificate{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), Serial: c.SerialNumber.Text(16),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Fingerprint: hex.EncodeToString(sum[:]),
	}
}

// parseDate reads a date of ISO 32000-2, 7.9.4: D:YYYYMMDDHHmmSSOHH'mm', of which all behind the year may be left out.
func parseDate(text string) (time.Time, error) {
	if len(text) > 64 {
		return time.Time{}, errors.New("date too long")
	}
	text = trimDate(text)
	for _, form := range []string{
		"20060102150405Z0700", "20060102150405Z07", "20060102150405", "200601021504", "2006010215", "20060102", "200601", "2006",
	} {
		if date, err := time.Parse(form, text); err == nil {
			return date.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a date")
}

// trimDate takes away the prefix and the apostrophes, which writers place differently, and what some put behind a Z.
func trimDate(text string) string {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "D:"), "'", "")
	if zulu := strings.IndexByte(text, 'Z'); zulu >= 0 {
		return text[:zulu+1]
	}
	return text
}
