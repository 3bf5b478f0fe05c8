package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// stranger timestamps other data than the requested digest.
type stranger struct{ *estate }

func (s stranger) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	return s.estate.Timestamp(ctx, hash, bytes.Repeat([]byte{7}, len(digest)))
}

// A timestamp that proves nothing is reported, and the signature is judged without it.
func TestTimestampsThatProveNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		fault      trusttest.Kind
		indication pades.Indication
		sub        pades.SubIndication
	}{
		{"of another signature", "", pades.TotalFailed, pades.HashFailure},
		{"about another digest", trusttest.WrongImprint, pades.TotalFailed, pades.HashFailure},
		{"signed with another key", trusttest.WrongSignature, pades.TotalFailed, pades.SigCryptoFailure},
		{"naming another certificate", trusttest.WrongReference, pades.Indeterminate, pades.SigConstraintsFailure},
		{"an hour ahead", trusttest.WrongTime, pades.Indeterminate, pades.SigConstraintsFailure},
		{"an expired TSA", trusttest.ExpiredTSA, pades.Indeterminate, pades.SigConstraintsFailure},
		{"no purpose", trusttest.NoPurpose, pades.Indeterminate, pades.ChainConstraintsFailure},
		{"one more purpose", trusttest.ExtraPurpose, pades.Indeterminate, pades.ChainConstraintsFailure},
		{"purpose not critical", trusttest.PurposeMild, pades.Indeterminate, pades.ChainConstraintsFailure},
		{"of nobody that is trusted", trusttest.Untrusted, pades.Indeterminate, pades.NoCertificateChain},
	} {
		for _, document := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, of the document=%v", test.name, document), func(t *testing.T) {
				t.Parallel()
				e := newEstate(t, trusttest.Config{})
				e.blind = true
				services := e.services()
				if test.fault != "" {
					e.Fault(trusttest.TSA, trusttest.Fault{Kind: test.fault})
				} else {
					services.Timestamper = stranger{e}
				}
				signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
				var increment *pades.Increment
				var err error
				if document {
					increment, err = sign.TimestampDocument(t.Context(), bytes.NewReader(signed), services)
				} else {
					signed = sample()
					increment, err = sign.Sign(t.Context(), bytes.NewReader(signed), e.chain, e.key,
						pades.Options{Level: pades.LevelBT, Services: services, Time: e.now()})
				}
				if err != nil {
					t.Fatal(err)
				}
				found := verified(t, slices.Concat(signed, increment.Bytes), e.online())
				if found[0].Indication != pades.TotalPassed || found[0].Level != pades.LevelBB ||
					!found[0].BestSignatureTime.Equal(e.now()) {
					t.Errorf("got %+v, want it to pass at B-B without a proved time", found[0])
				}
				var indication pades.Indication
				var sub pades.SubIndication
				if document {
					indication, sub = found[1].Indication, found[1].SubIndication
				} else {
					indication, sub = found[0].Timestamps[0].Indication, found[0].Timestamps[0].SubIndication
				}
				if indication != test.indication || sub != test.sub {
					t.Errorf("got %s %s for the timestamp, want %s %s", indication, sub, test.indication, test.sub)
				}
			})
		}
	}
}

// A timestamp proves no more than its TSA states: genTime with its accuracy.
func TestTimestampsWithoutAccuracy(t *testing.T) {
	t.Parallel()
	for _, document := range []bool{false, true} {
		for _, later := range []time.Duration{10 * day, 60 * day} {
			e := newEstate(t, trusttest.Config{})
			made := e.now()
			e.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Inaccurate})
			var signed []byte
			if document {
				signed = e.timestamp(t, e.signAt(t, sample(), pades.LevelBB, pades.Options{}))
			} else {
				signed = e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			}
			e.advance(later)
			for _, got := range verified(t, signed, e.online()) {
				if want := made.Add(min(later, 30*day)); !got.BestSignatureTime.Equal(want) ||
					got.Indication != pades.TotalPassed {
					t.Errorf("document %v, %v later: got %s at %v, want it to pass at %v", document, later,
						got.Indication, got.BestSignatureTime, want)
				}
			}
		}
	}
}

// Contradictory times do not count.
func TestTimesThatContradictEachOther(t *testing.T) {
	t.Parallel()
	t.Run("a timestamp older than the certificate", func(t *testing.T) {
		t.Parallel()
		e := newEstate(t, trusttest.Config{})
		e.advance(10 * day)
		e.newSigner(t)
		e.advance(-5 * day)
		options := pades.Options{Level: pades.LevelBT, Services: e.services(), Time: e.now().Add(5 * day)}
		increment, err := sign.Sign(t.Context(), bytes.NewReader(sample()), e.chain, e.key, options)
		if err != nil {
			t.Fatal(err)
		}
		e.advance(6 * day)
		got := verified(t, slices.Concat(sample(), increment.Bytes), e.online())[0]
		if got.Indication != pades.TotalFailed || got.SubIndication != pades.NotYetValid || got.Level != "" {
			t.Errorf("got %+v, want %s %s", got, pades.TotalFailed, pades.NotYetValid)
		}
	})
	t.Run("a timestamp older than the certificate of its TSA", func(t *testing.T) {
		t.Parallel()
		e := newEstate(t, trusttest.Config{})
		e.blind = true
		e.advance(10 * day)
		e.newTSA(t)
		e.advance(-5 * day)
		signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		e.advance(6 * day)
		got := verified(t, signed, e.online())[0]
		if timestamp := got.Timestamps[0]; timestamp.Indication != pades.Indeterminate ||
			timestamp.SubIndication != pades.SigConstraintsFailure || got.Level != pades.LevelBB {
			t.Errorf("got %+v at level %s, want %s", timestamp, got.Level, pades.SigConstraintsFailure)
		}
	})
	t.Run("a document timestamp older than what it covers", func(t *testing.T) {
		t.Parallel()
		e := newEstate(t, trusttest.Config{})
		e.advance(10 * day)
		signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		e.advance(-5 * day)
		signed = e.timestamp(t, signed)
		e.advance(6 * day)
		got := verified(t, signed, e.online())[0]
		if got.Indication != pades.Indeterminate || got.SubIndication != pades.TimestampOrderFailure {
			t.Errorf("got %+v, want %s", got, pades.TimestampOrderFailure)
		}
	})
}

// Evidence in the document counts only by its own signature: evidence that is forged, stale or
// about other certificates neither helps nor harms.
func TestEvidenceThatIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault     trusttest.Kind
		delegated bool
		sub       pades.SubIndication
	}{
		{"", false, ""}, {"", true, ""},
		{trusttest.Forged, false, pades.TryLater}, {trusttest.Forged, true, pades.TryLater},
		{trusttest.ForeignSigner, false, pades.TryLater},
		{trusttest.Stale, false, pades.TryLater}, {trusttest.Future, false, pades.TryLater},
		{trusttest.Unknown, false, pades.TryLater}, {trusttest.OtherCertificate, false, pades.TryLater},
		{trusttest.Garbage, false, pades.TryLater}, {trusttest.Truncated, false, pades.TryLater},
		{trusttest.RevokedAnyway, false, pades.RevokedNoPOE},
		{trusttest.NoNextUpdate, false, ""},
	} {
		t.Run(fmt.Sprintf("%s, delegated=%v", test.fault, test.delegated), func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, trusttest.Config{Delegated: test.delegated})
			e.advance(3 * day) // the certificate is older than the stale evidence
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			issuer := e.fetch(t, e.chain[1:])
			e.Fault(trusttest.OCSP, trusttest.Fault{Kind: test.fault})
			leaf := e.fetch(t, e.chain)
			got := verified(t, withStore(t, signed, e.chain[1:], issuer, leaf), e.offline())[0]
			if (got.Indication == pades.TotalPassed) != (test.sub == "") || got.SubIndication != test.sub {
				t.Errorf("got %s %s (%s), want %q", got.Indication, got.SubIndication, got.Detail, test.sub)
			}
			if got.ChangesAfter != pades.ChangeDSS {
				t.Errorf("got %q after it, want validation data", got.ChangesAfter)
			}
		})
	}
	t.Run("a revocation is not hidden by a newer word", func(t *testing.T) {
		t.Parallel()
		e := newEstate(t, trusttest.Config{})
		signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
		issuer := e.fetch(t, e.chain[1:])
		e.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.RevokedAnyway})
		revoked := e.fetch(t, e.chain)
		e.ClearFault(trusttest.OCSP)
		e.advance(time.Hour)
		for _, responses := range [][][]byte{{issuer, revoked, e.fetch(t, e.chain)},
			{issuer, e.fetch(t, e.chain), revoked}} {
			got := verified(t, withStore(t, signed, e.chain[1:], responses...), e.offline())[0]
			if got.SubIndication != pades.RevokedNoPOE {
				t.Errorf("got %s %s, want %s", got.Indication, got.SubIndication, pades.RevokedNoPOE)
			}
		}
	})
}

// The evidence of a delegated responder counts if its certificate needs no revocation evidence, or
// if evidence of the CA itself says that it is good. Evidence by the responder itself or by another
// responder does not suffice.
func TestResponders(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{Delegated: false})
	ca := e.Authority(trusttest.Issuing)
	noCheck := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}
	responder := func(lifetime time.Duration, named bool, extensions ...pkix.Extension) signer {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{
			Subject: pkix.Name{CommonName: "Responder"}, NotBefore: e.now().Add(-time.Hour),
			NotAfter: e.now().Add(lifetime),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
			ExtraExtensions: extensions,
		}
		if named {
			template.OCSPServer = []string{"http://localhost:1/"}
		}
		chain, err := ca.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return signer{chain, key}
	}
	says := func(by signer, about *x509.Certificate) []byte {
		template := ocsp.Response{Status: ocsp.Good, SerialNumber: about.SerialNumber, ThisUpdate: e.now(),
			NextUpdate: e.now().Add(day)}
		if by.chain[0] != ca.Chain[0] {
			template.Certificate = by.chain[0]
		}
		der, err := ocsp.CreateResponse(ca.Chain[0], by.chain[0], template, by.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	bare := func(by signer, about *x509.Certificate) []byte { // without the responder's certificate
		template := ocsp.Response{Status: ocsp.Good, SerialNumber: about.SerialNumber, ThisUpdate: e.now(),
			NextUpdate: e.now().Add(day)}
		der, err := ocsp.CreateResponse(ca.Chain[0], by.chain[0], template, by.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	itself := signer{ca.Chain, ca.Key}
	early := func(about *x509.Certificate) []byte {
		template := ocsp.Response{Status: ocsp.Good, SerialNumber: about.SerialNumber,
			ThisUpdate: about.NotBefore.Add(-time.Hour), NextUpdate: e.now().Add(day)}
		der, err := ocsp.CreateResponse(ca.Chain[0], ca.Chain[0], template, ca.Key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	unchecked, named, other := responder(year, true, noCheck), responder(year, true), responder(year, true)
	unnamed, expired := responder(year, false), responder(-time.Minute, true, noCheck)
	e.advance(2 * time.Hour)
	future := responder(year, true, noCheck)
	e.advance(-2 * time.Hour)
	signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
	leaf, issuer := e.chain[0], e.fetch(t, e.chain[1:])
	for _, test := range []struct {
		name      string
		responses [][]byte
		passes    bool
		beside    []*x509.Certificate // in the document
	}{
		{"without its certificate, which is nowhere", [][]byte{bare(unchecked, leaf)}, false, nil},
		{"without its certificate, which is in the document", [][]byte{bare(unchecked, leaf)}, true,
			[]*x509.Certificate{other.chain[0], unchecked.chain[0]}},
		{"without its certificate, beside one of the same name", [][]byte{bare(unchecked, leaf)}, false,
			other.chain[:1]},
		{"the CA itself", [][]byte{says(itself, leaf)}, true, nil},
		{"not to be checked", [][]byte{says(unchecked, leaf)}, true, nil},
		{"no word about it", [][]byte{says(named, leaf)}, false, nil},
		{"no place to ask about it", [][]byte{says(unnamed, leaf)}, true, nil},
		{"the CA's word", [][]byte{says(named, leaf), says(itself, named.chain[0])}, true, nil},
		{"its own word", [][]byte{says(named, leaf), says(named, named.chain[0])}, false, nil},
		{"each other's word", [][]byte{says(named, leaf), says(named, other.chain[0]), says(other, named.chain[0])},
			false, nil},
		{"the word of one not to be checked", [][]byte{says(named, leaf), says(unchecked, named.chain[0])}, true, nil},
		{"expired", [][]byte{says(expired, leaf)}, false, nil},
		{"not valid yet", [][]byte{says(future, leaf)}, false, nil},
		{"from before the certificate", [][]byte{early(leaf)}, false, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := withStore(t, signed, append(slices.Clone(test.beside), e.chain[1:]...),
				append(slices.Clone(test.responses), issuer)...)
			got := verified(t, document, e.offline())[0]
			if (got.Indication == pades.TotalPassed) != test.passes {
				t.Errorf("got %s %s (%s), want it to pass: %v", got.Indication, got.SubIndication, got.Detail,
					test.passes)
			}
		})
	}
}

// Issuers that the document lacks are found only online.
func TestMissingIssuers(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	options := pades.Options{Time: e.now()}
	increment, err := sign.Sign(t.Context(), bytes.NewReader(sample()), e.chain[:1], e.key, options)
	if err != nil {
		t.Fatal(err)
	}
	signed := slices.Concat(sample(), increment.Bytes)
	if got := verified(t, signed, e.offline())[0]; got.SubIndication != pades.NoCertificateChain {
		t.Errorf("offline: got %s %s, want %s", got.Indication, got.SubIndication, pades.NoCertificateChain)
	}
	if got := verified(t, signed, e.online())[0]; got.Indication != pades.TotalPassed || len(got.Chain) != 3 {
		t.Errorf("online: got %+v, want it to pass with a chain of 3", got)
	}
	e.Fault(trusttest.Issuers, trusttest.Fault{Kind: trusttest.OtherCertificate})
	if got := verified(t, signed, e.online())[0]; got.SubIndication != pades.NoCertificateChain {
		t.Errorf("another issuer: got %s %s, want %s", got.Indication, got.SubIndication, pades.NoCertificateChain)
	}
	if got := verified(t, withStore(t, signed, e.chain[1:2]), e.offline())[0]; got.SubIndication != pades.TryLater {
		t.Errorf("in the document: got %s %s, want %s", got.Indication, got.SubIndication, pades.TryLater)
	}
}

// Every certification and lock allows validation data and document timestamps, but not changes that
// only look like them.
func TestWhatACertificationAlwaysAllows(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	certified := e.signAt(t, sample(), pades.LevelBB, pades.Options{Certify: pades.NoChanges})
	archived := e.extend(t, certified)
	report := reported(t, archived, e.offline())
	first := report.Signatures[0]
	if first.Indication != pades.TotalPassed || first.Level != pades.LevelLTA ||
		first.ChangesAfter != pades.ChangeDSS || first.ForbiddenRevisions != nil {
		t.Errorf("got %+v, want it to pass at B-LTA", first)
	}
	if first.Revision != 1 || len(report.Revisions) < 3 {
		t.Errorf("got revision %d of %+v, want the first of at least three", first.Revision, report.Revisions)
	}
	for _, revision := range later(report, first) {
		if revision.Change != pades.ChangeDSS {
			t.Errorf("got %+v, want it allowed", revision)
		}
	}
	objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (locking) /Lock << /Type /SigFieldLock /Action /All >> >>")
	locked := e.signAt(t, pdftest.File{Objects: objects}.Bytes(), pades.LevelBB, pades.Options{Field: "locking"})
	if got := verified(t, e.timestamp(t, locked), e.online())[0]; got.Indication != pades.TotalPassed ||
		got.ForbiddenRevisions != nil {
		t.Errorf("got %+v, want a timestamp allowed although every field is locked", got)
	}
	for _, test := range []struct {
		name   string
		format pdf.Name
		rect   pdf.Array
		want   pades.Change
	}{
		{"a visible document timestamp", "ETSI.RFC3161", wholePage, pades.ChangeAnnotation},
		{"a signature", "ETSI.CAdES.detached", make(pdf.Array, 0), pades.ChangeSignature},
	} {
		sneaky := appendix(t, certified, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "SubFilter": test.format, "ByteRange": pdf.Array{},
				"Contents": pdf.String("x")})
			widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
				"T": pdf.Text("x"), "V": value, "Rect": test.rect, "AP": cover(u)})
			edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", widget)})
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
		})
		got := verified(t, sneaky, e.online())
		ours := got[slices.IndexFunc(got, func(s pades.Signature) bool { return s.Field == "Signature1" })]
		if ours.Indication == pades.TotalPassed || ours.ChangesAfter != test.want ||
			!slices.Contains(ours.ForbiddenRevisions, ours.Revision+1) {
			t.Errorf("%s: got %s, %q after it, want it refused after %q", test.name, ours.Indication, ours.ChangesAfter,
				test.want)
		}
	}
}

// The report lists each later revision separately, with the fields that it touched and whether it
// was allowed.
func TestLaterRevisions(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	widget := "/Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>"
	objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R 7 0 R] >>",
		"<< /FT /Tx /T (amount) "+widget,
		"<< /FT /Sig /T (first) /Lock << /Action /Include /Fields [(amount)] >> "+widget)
	document := e.signAt(t, pdftest.File{Objects: objects}.Bytes(), pades.LevelBB, pades.Options{Field: "first"})
	var ends []int64
	grow := func(next []byte) {
		document = next
		ends = append(ends, int64(len(document)))
	}
	grow(withStore(t, document, e.chain[1:]))
	grow(e.timestamp(t, document))
	grow(e.signAt(t, document, pades.LevelBB, pades.Options{Field: "second"}))
	grow(appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		note := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Text"), "Rect": wholePage})
		edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", note)})
	}))
	grow(appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(6), pdf.Dict{"V": pdf.Text("9")})
	}))
	report := reported(t, document, e.online())
	found := report.Signatures
	want := []pades.Revision{
		{Number: 1, End: found[0].ByteRange[2] + found[0].ByteRange[3]},
		{Number: 2, End: ends[0], Change: pades.ChangeDSS},
		{Number: 3, End: ends[1], Change: pades.ChangeDSS, Fields: []string{"Signature1"}},
		{Number: 4, End: ends[2], Change: pades.ChangeSignature, Fields: []string{"second"}},
		{Number: 5, End: ends[3], Change: pades.ChangeAnnotation},
		{Number: 6, End: ends[4], Change: pades.ChangeFormFilling, Fields: []string{"amount"}},
	}
	same := func(a, b pades.Revision) bool {
		return a.Number == b.Number && a.End == b.End && a.Change == b.Change && slices.Equal(a.Fields, b.Fields)
	}
	if !slices.EqualFunc(report.Revisions, want, same) {
		t.Errorf("got %+v, want %+v", report.Revisions, want)
	}
	if got := found[0]; got.Indication != pades.Indeterminate || got.ChangesAfter != pades.ChangeAnnotation ||
		got.Revision != 1 || !slices.Equal(got.ForbiddenRevisions, []int{5, 6}) {
		t.Errorf("got %+v, want the comment refused, and the lock found broken by revision 6", got)
	}
	// The other signatures lock nothing.
	if last := found[2]; last.Field != "second" || last.Revision != 4 ||
		!slices.Equal(last.ForbiddenRevisions, []int{5}) {
		t.Errorf("got %+v, want the second signature in revision 4, with nothing refused after it but the comment",
			last)
	}
}

// The report on a document of 50 revisions lists all of them.
func TestManyRevisions(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{Without: []trusttest.Service{trusttest.OCSP, trusttest.CRL}})
	document := sample()
	for range 25 {
		document = e.signAt(t, document, pades.LevelBB, pades.Options{})
		document = withStore(t, document, e.chain[1:2])
	}
	report := reported(t, document, e.offline())
	if len(report.Signatures) != 25 || len(report.Revisions) != 50 {
		t.Fatalf("got %d signatures and %d revisions, want 25 and 50", len(report.Signatures), len(report.Revisions))
	}
	for i, signature := range report.Signatures {
		if n := len(later(report, signature)); signature.Indication != pades.TotalPassed || n != 49-2*i {
			t.Errorf("signature %d: got %s and %d later revisions, want %d", i+1, signature.Indication, n, 49-2*i)
		}
	}
}

// VerifyFrom reports the appended signatures and document timestamps, and none of the earlier ones.
func TestVerifyFrom(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	before := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
	after := e.signAt(t, before, pades.LevelLTA, pades.Options{})
	for _, test := range []struct {
		offset int
		fields []string
	}{{0, []string{"Signature1", "Signature2", "Signature3"}}, {len(before), []string{"Signature2", "Signature3"}},
		{len(after), nil}} {
		found, err := verify.VerifyFrom(t.Context(), bytes.NewReader(after), int64(test.offset), e.offline())
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, one := range found {
			fields = append(fields, one.Field)
			if one.Field != "Signature1" && one.Indication != pades.TotalPassed {
				t.Errorf("got %+v, want it to pass", one)
			}
		}
		if !slices.Equal(fields, test.fields) {
			t.Errorf("from %d: got %v, want %v", test.offset, fields, test.fields)
		}
	}
}

// A report has a separate finding for a document timestamp.
func TestDocumentTimestampFinding(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	timestamped := e.timestamp(t, sample())
	at := e.now()
	e.advance(time.Hour)
	got := verified(t, timestamped, e.online())[0]
	if got.Kind != pades.KindDocumentTimestamp || got.Indication != pades.TotalPassed ||
		!got.BestSignatureTime.Equal(at) || got.Level != "" ||
		!coversAll(got) || got.Signer == nil || len(got.Chain) != 3 || !got.Chain[2].Anchor ||
		got.Chain[0].Revocation.Source != "online" {
		t.Errorf("got %+v, want a document timestamp that passes", got)
	}
	changed := appendix(t, timestamped, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(3), pdf.Dict{"Rotate": pdf.Integer(90)})
	})
	if got := verified(t, changed, e.online())[0]; got.Indication != pades.Indeterminate ||
		got.SubIndication != pades.SigConstraintsFailure {
		t.Errorf("got %+v, want it refused after a change", got)
	}
}

// Bytes all over a document at B-LTA are changed in turn. Then neither its archive timestamp nor
// its signature at that level may still pass.
func TestEveryFlippedByteOfAnArchivedDocument(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	archived := e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
	trust := e.offline()
	gap := verified(t, archived, trust)[1].ByteRange
	for at := 0; at < len(archived); at += 19 {
		if int64(at) > gap[1] && int64(at) < gap[2] {
			continue // the token's own padding, and certificates that are elsewhere too
		}
		changed := bytes.Clone(archived)
		changed[at] ^= 1
		report, err := verify.Verify(t.Context(), bytes.NewReader(changed), trust)
		if err != nil {
			continue
		}
		for _, got := range report.Signatures {
			if got.Kind == pades.KindDocumentTimestamp && got.Indication == pades.TotalPassed ||
				got.Level == pades.LevelLTA {
				t.Errorf("byte %d of %d changed (%q): got %s %s, want it refused", at, len(archived),
					around(archived, at), got.Kind, got.Indication)
			}
		}
	}
}

// Huge amounts of validation data cost bounded work.
func TestValidationDataWithoutEnd(t *testing.T) {
	e := newEstate(t, trusttest.Config{})
	signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
	var certificates []*x509.Certificate
	var responses [][]byte
	for range 3000 {
		certificates = append(certificates, e.chain[1])
	}
	genuine := e.fetch(t, e.chain)
	for i := range 3000 {
		forged := bytes.Clone(genuine)
		forged[len(forged)-1-i%30] ^= byte(1 + i/30)
		responses = append(responses, forged)
	}
	document := withStore(t, signed, certificates, responses...)
	var got pades.Signature
	held := allocated(func() { got = verified(t, document, e.offline())[0] })
	if got.Indication != pades.Indeterminate || got.SubIndication != pades.LimitReached {
		t.Errorf("got %s %s, want %s", got.Indication, got.SubIndication, pades.LimitReached)
	}
	if held > 64<<20 {
		t.Errorf("got %d bytes allocated, want at most 64 MB", held)
	}
}

// If many signatures claim to cover the bytes from their own place to the end of one revision, each
// of them would cost a pass over that revision.
func TestSignaturesThatOverlap(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, sample(), pades.Options{})
	ranges := verified(t, signed, s.trust())[0].ByteRange
	contents := string(signed[ranges[1]:ranges[2]])
	const count = 8
	var fields string
	var objects []string
	for i := range count {
		fields += fmt.Sprintf("<< /FT /Sig /T (s%d) /V %d 0 R >>", i, 4+i)
		objects = append(objects, "<< /Type /Sig /SubFilter /ETSI.CAdES.detached /M (D:2026) /ByteRange ["+
			strings.Repeat(" ", 60)+"] /Contents "+contents+" >>")
	}
	document := pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields ["+fields+"] >>"),
		objects...)}.Bytes()
	at := 0
	for range count {
		hole := at + bytes.Index(document[at:], []byte("/ByteRange [")) + len("/ByteRange [")
		start := hole + bytes.Index(document[hole:], []byte("<"))
		at = start + len(contents)
		copy(document[hole:], fmt.Sprintf("0 %d %d %d", start, at, len(document)-at))
	}
	found := verified(t, document, s.trust())
	overlapping := 0
	for _, got := range found {
		if got.SubIndication == pades.LimitReached {
			if got.Indication != pades.Indeterminate || got.Integrity != pades.IntegrityNotEvaluated {
				t.Errorf("got %+v, want no verdict by a limit", got)
			}
			overlapping++
		} else if got.Indication != pades.TotalFailed || got.Integrity != pades.IntegrityBroken {
			t.Errorf("got %+v, want it failed", got)
		}
	}
	if len(found) != count || overlapping == 0 || overlapping == count {
		t.Errorf("got %d of %d refused for overlapping, want some", overlapping, len(found))
	}
}

// An unreadable document timestamp does not harm other signatures.
func TestAGarbledDocumentTimestamp(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
	timestamped := e.timestamp(t, signed)
	gap := verified(t, timestamped, e.offline())[1].ByteRange
	timestamped[gap[1]+20] = '0' + (timestamped[gap[1]+20]-'0'+1)%10
	found := verified(t, timestamped, e.offline())
	if found[0].Indication != pades.TotalPassed || found[0].Level != pades.LevelBLT ||
		found[1].Indication != pades.TotalFailed {
		t.Errorf("got %+v, want the signature to pass and the timestamp to fail", found)
	}
}

// Reports stay small: they list every revision, but only some of the fields that each touched.
func TestReportsStaySmall(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const count = 300
	var kids string
	var fields []string
	for i := range count {
		kids += fmt.Sprintf(" %d 0 R", 4+i)
		fields = append(fields, fmt.Sprintf("<< /FT /Tx /T (field number %d) >>", i))
	}
	signed := s.sign(t,
		pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields ["+kids+"] >>"), fields...)}.Bytes(),
		pades.Options{})
	document := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		for i := range count {
			edit(t, f, u, number(4+i), pdf.Dict{"V": pdf.Text("x")})
		}
	})
	for range 150 {
		document = appendix(t, document,
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(4), pdf.Dict{"V": pdf.Text("y")}) })
	}
	report := reported(t, document, s.trust())
	got := report.Signatures[0]
	if n := len(later(report, got)); n != 151 || got.ChangesAfter != pades.ChangeFormFilling {
		t.Fatalf("got %d revisions and %q, want 151 and form filling", n, got.ChangesAfter)
	}
	if n := len(report.Revisions[1].Fields); n < 10 || n > 100 {
		t.Errorf("got %d fields told, want some", n)
	}
	if last := report.Revisions[len(report.Revisions)-1]; last.End != int64(len(document)) {
		t.Errorf("got %+v last, want the rest of the document", last)
	}
}
