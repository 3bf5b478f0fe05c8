package report_test

import (
	"strings"
	"time"

	"influxion/handler/internal/pades"
)

// at is a time of the day of the samples.
func at(hour, minute, second int) time.Time {
	return time.Date(2026, time.March, 4, hour, minute, second, 0, time.UTC)
}

func fingerprint(digit string) string { return strings.Repeat(digit, 64) }

func certificate(subject, issuer, digit string) pades.Certificate {
	return pades.Certificate{
		Subject:     subject,
		Issuer:      issuer,
		Serial:      digit + "f03",
		NotBefore:   at(0, 0, 0).AddDate(-1, 0, 0),
		NotAfter:    at(0, 0, 0).AddDate(2, 0, 0),
		Fingerprint: fingerprint(digit),
	}
}

const (
	jane  = `CN=Jane Doe,O=Example Trading\, Ltd,C=GB`
	clerk = "CN=John Smith,O=City of Example,C=DE"
	ca    = "CN=Example Issuing CA 2,O=Example Trust Services,C=DE"
	root  = "CN=Example Root CA,O=Example Trust Services,C=DE"
	tsa   = "CN=Example Timestamp Authority 1,O=Example Trust Services,C=DE"
)

func good() *pades.Revocation {
	return &pades.Revocation{Status: "good", Source: "document", Kind: "ocsp", ThisUpdate: at(9, 30, 10), Fresh: true}
}

func chainOf(subject, digit string) []pades.Link {
	return []pades.Link{
		{Certificate: certificate(subject, ca, digit), Revocation: good()},
		{
			Certificate: certificate(ca, root, "c"),
			Revocation:  &pades.Revocation{Status: "good", Source: "document", Kind: "crl", ThisUpdate: at(6, 0, 0)},
		},
		{Certificate: certificate(root, root, "d"), Anchor: true},
	}
}

// signed is a good signature that covers the whole document, in its first revision.
func signed(field, subject, digit string) pades.Signature {
	signer := certificate(subject, ca, digit)
	authority := certificate(tsa, ca, "e")
	return pades.Signature{
		Kind:               pades.KindSignature,
		Field:              field,
		SubFilter:          "ETSI.CAdES.detached",
		Level:              pades.LevelBT,
		Indication:         pades.TotalPassed,
		Integrity:          pades.IntegrityIntact,
		Trust:              pades.SignerTrusted,
		ClaimedTime:        at(9, 29, 58),
		Reason:             "I approve this contract",
		Location:           "London",
		DigestAlgorithm:    "SHA-256",
		SignatureAlgorithm: "ECDSA-SHA256",
		Signer:             &signer,
		BestSignatureTime:  at(9, 30, 5),
		Chain:              chainOf(subject, digit),
		Timestamps: []pades.Timestamp{
			{Time: at(9, 30, 5), TSA: &authority, Indication: pades.TotalPassed, Chain: chainOf(tsa, "e")},
		},
		ByteRange: []int64{
			0,
			81234,
			113234,
			10215,
		},
		CoversWholeDocument: new(true),
		Revision:            1,
		ChangesAfter:        pades.ChangeNone,
	}
}

func documentTimestamp(field string, revision int, time time.Time) pades.Signature {
	authority := certificate(tsa, ca, "e")
	return pades.Signature{
		Kind:                pades.KindDocumentTimestamp,
		Field:               field,
		SubFilter:           "ETSI.RFC3161",
		Indication:          pades.TotalPassed,
		Integrity:           pades.IntegrityIntact,
		Trust:               pades.SignerTrusted,
		DigestAlgorithm:     "SHA-256",
		SignatureAlgorithm:  "RSA-PKCS1-SHA256",
		Signer:              &authority,
		BestSignatureTime:   time,
		Chain:               chainOf(tsa, "e"),
		ByteRange:           []int64{0, 1000 * int64(revision), 33000, 900},
		CoversWholeDocument: new(false),
		Revision:            revision,
		ChangesAfter:        pades.ChangeDSS,
	}
}

// about makes a report of findings.
func about(detail string, signatures ...pades.Signature) *pades.Report {
	r := &pades.Report{
		Document: pades.DocumentIdentity{
			Name:   "Supply contract 2026-03.pdf",
			SHA256: fingerprint("a1")[:64],
			Size:   123449,
		},
		VerifiedAt: at(
			14,
			5,
			6,
		),
		Verifier:     "influxion 1.4.0",
		TrustAnchors: []string{fingerprint("d"), fingerprint("7")},
		Limits: map[string]int64{
			"signatures":                 200,
			"timestamps_per_signature":   8,
			"embedded_certificate_bytes": 8 << 20,
		},
		Summary:    pades.Summarize(signatures),
		Signatures: signatures,
		Verdict:    pades.Verdict{Detail: detail},
		Revisions:  []pades.Revision{},
		Unjudged:   []pades.Unjudged{},
	}
	for _, s := range signatures {
		if r.Verdict.Indication != pades.TotalFailed &&
			(s.Indication != pades.TotalPassed || r.Verdict.Indication == "") {
			r.Verdict.Indication = s.Indication
		}
	}
	if len(signatures) > 0 {
		r.Revisions = []pades.Revision{{Number: 1, End: 123449}}
	}
	return r
}

// samples are documents of the kinds that people meet, by name.
func samples() map[string]*pades.Report {
	return map[string]*pades.Report{
		"valid": about(
			"1 signature, valid",
			signed("Signature1", jane, "1"),
		),
		"unknown-root":  unknownRoot(),
		"tampered":      tampered(),
		"comments":      comments(),
		"several":       several(),
		"not-evaluated": notEvaluated(),
		"unsigned":      about("no signature"),
		"unjudged":      withUnjudged(),
		"forbidden":     forbidden(),
		"limit":         limit(),
		"hostile":       hostile(),
	}
}

func unknownRoot() *pades.Report {
	s := signed("Signature1", jane, "1")
	s.Indication, s.SubIndication, s.Detail = pades.Indeterminate, pades.NoCertificateChain,
		"the certificate of the signer leads to no trust anchor"
	s.Trust, s.TrustDetail, s.Level, s.Timestamps = pades.SignerNotTrusted, s.Detail, pades.LevelBB, nil
	s.Chain, s.BestSignatureTime = s.Chain[:1], at(14, 5, 6)
	s.Chain[0].Revocation = nil
	return about("signed content intact; "+s.Detail, s)
}

func tampered() *pades.Report {
	s := signed("Signature1", jane, "1")
	s.Indication, s.SubIndication, s.Detail = pades.TotalFailed, pades.HashFailure,
		"the document has been changed since it was signed"
	s.Integrity, s.IntegrityDetail, s.Trust, s.Level = pades.IntegrityBroken, s.Detail, pades.SignerTrustNotEvaluated,
		""
	s.ChangesAfter, s.CoversWholeDocument, s.Revision = pades.ChangeNotEvaluated, nil, 0
	s.BestSignatureTime, s.Timestamps, s.Chain = time.Time{}, nil, nil
	r := about("1 of 1 signature failed; "+s.Detail, s)
	r.Revisions = nil
	return r
}

func comments() *pades.Report {
	s := signed("Signature1", jane, "1")
	s.Indication, s.SubIndication, s.Detail = pades.Indeterminate, pades.SigConstraintsFailure,
		"comments were added, which the signature does not cover"
	s.CoversWholeDocument, s.ChangesAfter, s.ForbiddenRevisions = new(false), pades.ChangeAnnotation, []int{2}
	r := about("signed content intact, 2 comments added", s)
	r.Revisions = append(
		r.Revisions,
		pades.Revision{Number: 2, End: 125002, Change: pades.ChangeAnnotation, Added: []pades.Addition{
			{
				Page: 1,
				Kind: "FreeText",
				Box:  [4]float64{72, 610.5, 430, 655},
			},
			{Page: 3, Kind: "Highlight", Box: [4]float64{90, 200, 300, 214.25}},
		}},
	)
	return r
}

func several() *pades.Report {
	first, second, third := signed(
		"Buyer",
		jane,
		"1",
	), signed(
		"Seller",
		clerk,
		"2",
	), signed(
		"Notary",
		"CN=Dr. Ana Núñez,SN=Núñez,GN=Ana,C=ES",
		"3",
	)
	for i, s := range []*pades.Signature{&first, &second, &third} {
		s.Level, s.Revision, s.CoversWholeDocument, s.ChangesAfter = pades.LevelLTA, 2*i+1, new(
			false,
		), pades.ChangeSignature
		s.BestSignatureTime = at(9+i, 30, 5)
		s.ClaimedTime = at(9+i, 29, 58)
	}
	third.ChangesAfter = pades.ChangeDSS
	between := documentTimestamp("Timestamp1", 4, at(10, 31, 0))
	last := documentTimestamp("Timestamp2", 6, at(11, 31, 0))
	between.ChangesAfter, last.ChangesAfter, last.CoversWholeDocument = pades.ChangeSignature, pades.ChangeNone, new(
		true,
	)
	r := about("5 signatures, all valid", first, second, between, third, last)
	for i, change := range []pades.Change{pades.ChangeFormFilling, pades.ChangeSignature, pades.ChangeDSS,
		pades.ChangeSignature, pades.ChangeDSS} {
		r.Revisions = append(
			r.Revisions,
			pades.Revision{Number: i + 2, End: r.Revisions[i].End + 32768, Change: change},
		)
	}
	r.Revisions[1].Change, r.Revisions[2].Fields = pades.ChangeMetadata, []string{"Seller"}
	return r
}

func notEvaluated() *pades.Report {
	s := signed("Signature1", "CN=Иван Петров,O=Пример,C=RU", "4")
	s.Indication, s.SubIndication, s.Detail = pades.Indeterminate, pades.CryptoConstraintsFailure,
		"the algorithm of the signature is not evaluated"
	s.Integrity, s.IntegrityDetail, s.Trust = pades.IntegrityNotEvaluated, s.Detail, pades.SignerTrustNotEvaluated
	s.TrustDetail, s.ChangesAfter, s.CoversWholeDocument, s.Revision = "", pades.ChangeNotEvaluated, nil, 0
	s.DigestAlgorithm, s.SignatureAlgorithm, s.Level, s.Timestamps, s.Chain = "1.2.643.7.1.1.2.2", "1.2.643.7.1.1.3.2",
		"", nil, nil
	s.BestSignatureTime = time.Time{}
	return about(s.Detail, s)
}

func withUnjudged() *pades.Report {
	r := about(
		"1 signature, valid; the file holds 1 thing that looks like a signature and is not judged",
		signed("Signature1", jane, "1"),
	)
	r.Unjudged = []pades.Unjudged{
		{Object: 41, Offset: 98213, Detail: "a signature dictionary that no field of the document points at"},
	}
	return r
}

func forbidden() *pades.Report {
	s := signed("Signature1", jane, "1")
	s.Certification = pades.NoChanges
	s.Indication, s.SubIndication, s.Detail = pades.TotalFailed, pades.SigConstraintsFailure,
		"the certification permits no changes"
	s.CoversWholeDocument, s.ChangesAfter, s.ForbiddenRevisions, s.Level = new(
		false,
	), pades.ChangeOther, []int{
		2,
		3,
	}, ""
	r := about("1 of 1 signature failed; "+s.Detail, s)
	r.Revisions = append(
		r.Revisions,
		pades.Revision{
			Number: 2,
			End:    125002,
			Change: pades.ChangeFormFilling,
			Fields: []string{"Price", "Date of delivery"},
		},
		pades.Revision{Number: 3, End: 130002, Change: pades.ChangeOther, Detail: "page 1 has other contents"},
	)
	return r
}

func limit() *pades.Report {
	s := signed("Signature1", jane, "1")
	s.Indication, s.SubIndication = pades.Indeterminate, pades.LimitReached
	s.Detail = "the comparison of later revisions was stopped by a limit of this verifier (comparison_work); that " +
		"says nothing against the signature"
	s.CoversWholeDocument, s.ChangesAfter = nil, pades.ChangeNotEvaluated
	return about("signed content intact; "+s.Detail, s)
}

// attack is a text that tries to escape its place.
func attack() string {
	return `</bdi></dd><script>alert(1)</script>"'><img src=x onerror=alert(1)>` + "\x1b[2J\r\nResult: VALID\u202edetrever\u2066\u2028\u0000\u200b" +
		"Z" + strings.Repeat(
		"\u0301",
		50,
	) + strings.Repeat(
		"W",
		3000,
	) + "\xff"
}

func hostile() *pades.Report {
	s := signed(attack(), "CN="+attack(), "1")
	s.Indication, s.SubIndication, s.Detail = pades.Indeterminate, pades.NoCertificateChain, attack()
	s.Trust, s.TrustDetail = pades.SignerNotTrusted, attack()
	s.Reason, s.Location, s.Name, s.ContactInfo = attack(), attack(), attack(), attack()
	s.Remarks, s.ChangesAfter = []string{attack()}, pades.ChangeAnnotation
	s.CoversWholeDocument, s.Timestamps[0].TSA.Subject, s.Chain[0].Subject = new(false), attack(), attack()
	s.SubFilter, s.Level, s.DigestAlgorithm, s.SignatureAlgorithm = attack(), pades.Level(
		attack(),
	), attack(), attack()
	r := about(attack(), s)
	r.Document.Name = attack()
	r.Verifier, r.TrustAnchors = attack(), []string{attack()}
	r.Limits[attack()] = 1
	r.Unjudged = []pades.Unjudged{{Detail: attack(), Object: 7}}
	r.Revisions = append(
		r.Revisions,
		pades.Revision{
			Number: 2,
			End:    1 << 40,
			Change: pades.ChangeAnnotation,
			Fields: []string{attack()},
			Detail: attack(),
			Added:  []pades.Addition{{Page: 1, Kind: attack(), Box: [4]float64{-1e9, 0, 1e300, 3}}},
		},
	)
	return r
}
