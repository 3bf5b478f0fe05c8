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

// evaluated reports whether this package evaluates signatures of a /SubFilter.
func evaluated(subFilter string) bool {
	return slices.Contains([]string{
		pades.SubFilterPAdES, pades.SubFilterPKCS7, pades.SubFilterTimestamp, pades.SubFilterSHA1,
		pades.SubFilterRSASHA1,
	}, subFilter)
}

// parse parses a signature in its format.
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

// certificates reads /Cert of a signature dictionary, which is a string or an array of strings: ISO
// 32000-2, table 255.
func (e *examination) certificates(s *signedField) ([][]byte, error) {
	entry, err := e.fileOf(s).Resolve(s.dict["Cert"])
	if err != nil {
		return nil, err
	}
	all, ok := entry.(pdf.Array)
	if !ok {
		all = pdf.Array{entry}
	}
	var certificates [][]byte
	for _, one := range all {
		der, err := e.fileOf(s).String(one)
		if err != nil {
			return nil, pades.Failed(pades.FormatFailure, "/Cert is not a string or an array of strings")
		}
		certificates = append(certificates, der)
	}
	return certificates, nil
}

// checkContentApart refuses a document whose bytes could be the signed attributes of another
// signature. A signature without signed attributes is a signature over the document itself. An
// attacker could therefore pass off the value of that other signature as a signature over this
// document. No honest document begins like signed attributes, but readers accept a PDF header
// further on.
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

// remark records something that is irregular but changes no verdict.
func (s *signedField) remark(texts ...string) {
	s.finding.Remarks = append(s.finding.Remarks, texts...)
}

// judgePadding judges bytes other than zero behind the signature in /Contents, which no signature
// covers. The older formats do not forbid them (ISO 32000-2, 12.8.1): they are only a remark. In
// the PAdES formats they are a fault, because anybody could have written them there.
func (s *signedField) judgePadding() {
	const trailing = "bytes other than zero follow the signature in /Contents, and no signature covers them"
	if s.finding.SubFilter == pades.SubFilterPAdES || s.finding.SubFilter == pades.SubFilterTimestamp {
		s.outcome.form = pades.Undecided(pades.FormatFailure, trailing)
		return
	}
	s.remark(trailing)
}
