package verify

import (
	"crypto/x509"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
)

// evaluated says whether signatures of a format are.
func evaluated(subFilter string) bool {
	return slices.Contains([]string{
		pades.SubFilterPAdES, pades.SubFilterPKCS7, pades.SubFilterTimestamp, pades.SubFilterSHA1,
		pades.SubFilterRSASHA1,
	}, subFilter)
}

// parse reads a signature as its format has it.
func (e *examination) parse(s *signedField, contents []byte) (*cms.SignedData, error) {
	switch s.finding.SubFilter {
	case pades.SubFilterSHA1:
		return e.reader.ParseSHA1(contents)
	case pades.SubFilterRSASHA1:
		certificates, err := e.certificates(s)
		if err != nil {
			return nil, err
		}
		return e.reader.ParsePKCS1(contents, certificates, func(signer *x509.Certificate) error {
			if !e.chain.Charge(signer) {
				return chain.TooExpensive()
			}
			return nil
		})
	}
	return e.reader.Parse(contents)
}

// certificates reads /Cert of a signature dictionary, one string or an array of them: ISO 32000-2,
// table 255.
func (e *examination) certificates(s *signedField) ([][]byte, error) {
	held, err := e.file.Resolve(s.dict["Cert"])
	if err != nil {
		return nil, err
	}
	all, ok := held.(pdf.Array)
	if !ok {
		all = pdf.Array{held}
	}
	var certificates [][]byte
	for _, one := range all {
		der, err := e.file.String(one)
		if err != nil {
			return nil, pades.Failed(pades.FormatFailure, "/Cert is not a string or an array of strings")
		}
		certificates = append(certificates, der)
	}
	return certificates, nil
}

// checkContentApart refuses content that the signed attributes of another signature could be:
// without attributes of its own, a signature over them would verify for it. No document begins so,
// but readers look for its header further on.
func (e *examination) checkContentApart(s *signedField) error {
	if len(s.signed.SignedAttributes) > 0 {
		return nil
	}
	const set = 0x31
	var first [1]byte
	if _, err := e.doc.ReadAt(first[:], 0); err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	if first[0] == set {
		return pades.Undecided(pades.SigConstraintsFailure,
			"the signature has no signed attributes, and the document begins like some")
	}
	return nil
}

// remark notes what is not as it should be and changes no verdict.
func (s *signedField) remark(texts ...string) {
	s.finding.Remarks = append(s.finding.Remarks, texts...)
}

// judgePadding judges bytes other than zero behind a signature in /Contents, which no signature
// covers. What the older formats leave open (ISO 32000-2, section 12.8.1) is a fault in those of
// PAdES, whose /Contents anybody could fill with something.
func (s *signedField) judgePadding() {
	const told = "bytes other than zero follow the signature in /Contents, which no signature covers"
	if s.finding.SubFilter == pades.SubFilterPAdES || s.finding.SubFilter == pades.SubFilterTimestamp {
		s.outcome.form = pades.Undecided(pades.FormatFailure, told)
		return
	}
	s.remark(told)
}
