package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// signer is a certificate chain with its key.
type signer struct {
	chain []*x509.Certificate
	key   crypto.Signer
}

func (s signer) trust() pades.Trust {
	return pades.Trust{Anchors: s.chain[len(s.chain)-1:], Time: time.Now()}
}

func ecdsaSigner(t testing.TB) signer {
	t.Helper()
	chain, key := newSigner(t, pkitest.P256)
	return signer{chain, key}
}

// sign gives the whole signed file.
func (s signer) sign(t testing.TB, document []byte, options pades.Options) []byte {
	t.Helper()
	signed, err := s.try(t.Context(), document, options)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (s signer) try(ctx context.Context, document []byte, options pades.Options) ([]byte, error) {
	if options.Time.IsZero() {
		options.Time = time.Now()
	}
	increment, err := sign.Sign(ctx, bytes.NewReader(document), s.chain, s.key, options)
	if err != nil {
		return nil, err
	}
	return slices.Concat(document, increment.Bytes), nil
}

func verified(t *testing.T, document []byte, trust pades.Trust) []pades.Signature {
	t.Helper()
	return reported(t, document, trust).Signatures
}

func reported(t *testing.T, document []byte, trust pades.Trust) *pades.Report {
	t.Helper()
	report, err := verify.Verify(t.Context(), bytes.NewReader(document), trust)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// later gives the revisions behind the one that a signature covers.
func later(report *pades.Report, s pades.Signature) []pades.Revision {
	return report.Revisions[s.Revision:]
}

// coversAll reports whether the finding says that a signature covers the document to its end.
func coversAll(s pades.Signature) bool { return s.CoversWholeDocument != nil && *s.CoversWholeDocument }

// open reads a file with the reader of package pdf.
func open(t *testing.T, document []byte) (*pdf.File, pdf.Dict) {
	t.Helper()
	file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	_, catalog, err := file.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return file, catalog
}

func codeOf(err error) string {
	if fault, ok := errors.AsType[*pades.Error](err); ok {
		return fault.Code
	}
	if _, over := errors.AsType[*budget.Error](err); over {
		return pades.CodeTooComplex // as package signing has it
	}
	return fmt.Sprint(err)
}

func TestEveryAlgorithmOnEveryKindOfFile(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.RSA3072, pkitest.RSA4096, pkitest.P256,
		pkitest.P384, pkitest.P521} {
		chain, key := newSigner(t, algorithm)
		s := signer{chain, key}
		for _, digest := range []crypto.Hash{0, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, pss := range []bool{false, true} {
				for _, streams := range []bool{false, true} {
					if pss && !strings.HasPrefix(string(algorithm), "RSA") {
						continue
					}
					t.Run(fmt.Sprintf("%s %v pss=%v streams=%v", algorithm, digest, pss, streams), func(t *testing.T) {
						t.Parallel()
						options := pades.Options{Digest: digest, PSS: pss}
						first := s.sign(t, pdftest.File{Objects: pdftest.Pages(2, ""), Streams: streams}.Bytes(),
							options)
						second := s.sign(t, first, options)
						for i, signature := range verified(t, second, s.trust()) {
							if signature.Indication != pades.TotalPassed || signature.Level != pades.LevelBB ||
								signature.SubFilter != "ETSI.CAdES.detached" {
								t.Errorf("signature %d: got %+v, want it to pass at B-B", i+1, signature)
							}
							if digest != 0 && signature.DigestAlgorithm != digest.String() {
								t.Errorf("signature %d: got digest %s, want %s", i+1, signature.DigestAlgorithm, digest)
							}
							if strings.Contains(signature.SignatureAlgorithm, "PSS") != pss {
								t.Errorf("signature %d: got %s, want PSS = %v", i+1, signature.SignatureAlgorithm, pss)
							}
						}
					})
				}
			}
		}
	}
}

func TestEarlierSignaturesStayValid(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, streams := range []bool{false, true} {
		document := pdftest.File{Objects: pdftest.Pages(1, ""), Streams: streams}.Bytes()
		for n := 1; n <= 5; n++ {
			signed := s.sign(t, document, pades.Options{})
			if !bytes.HasPrefix(signed, document) {
				t.Fatal("got a changed document, want it as the prefix")
			}
			document = signed
			found := verified(t, document, s.trust())
			if len(found) != n {
				t.Fatalf("got %d signatures, want %d", len(found), n)
			}
			for i, signature := range found {
				last := i == n-1
				want := pades.ChangeSignature
				if last {
					want = pades.ChangeNone
				}
				if signature.Indication != pades.TotalPassed || coversAll(signature) != last ||
					signature.ChangesAfter != want {
					t.Errorf("streams=%v, signature %d of %d: got %+v, want it to pass with %q after it", streams, i+1,
						n, signature, want)
				}
				if field := fmt.Sprintf("Signature%d", i+1); signature.Field != field {
					t.Errorf("got field %q, want %q", signature.Field, field)
				}
			}
		}
	}
}

func TestIncrementDigests(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	document := pdftest.Sample(300_000)
	for _, digest := range []crypto.Hash{crypto.SHA256, crypto.SHA512} {
		increment, err := sign.Sign(t.Context(), bytes.NewReader(document), s.chain, s.key,
			pades.Options{Time: time.Now(), Digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		if want := sha256.Sum256(document); increment.DocumentDigest != want {
			t.Errorf("%v: got document digest %x, want %x", digest, increment.DocumentDigest, want)
		}
		if want := sha256.Sum256(slices.Concat(document, increment.Bytes)); increment.SignedDigest != want {
			t.Errorf("%v: got signed digest %x, want %x", digest, increment.SignedDigest, want)
		}
	}
}

func TestSignatureDictionary(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	at := time.Date(2026, 7, 1, 12, 30, 15, 0, time.FixedZone("", 2*3600))
	options := pades.Options{
		Time: at, Reason: "Freigabe – 承認", Location: "Köln (Rhein) \\", ContactInfo: "tel:+49", Name: "Δ Seal",
		Field: "Approval",
	}
	signed := s.sign(t, pdftest.Sample(0), options)
	// The certificate is younger than the claimed time or older: only the texts matter here.
	got := verified(t, signed, s.trust())[0]
	if got.Reason != options.Reason || got.Location != options.Location || got.ContactInfo != options.ContactInfo ||
		got.Name != options.Name || got.Field != options.Field {
		t.Errorf("got %+v, want the texts of %+v", got, options)
	}
	if !got.ClaimedTime.Equal(at) {
		t.Errorf("got claimed time %v, want %v", got.ClaimedTime, at)
	}
	for _, pattern := range []string{`/Type /Sig\b`, `/Filter /Adobe\.PPKLite`, `/SubFilter /ETSI\.CAdES\.detached`, `/M \(D:20260701103015\+00'00'\)`, `/F 132\b`, `/SigFlags 3\b`} {
		if !regexp.MustCompile(pattern).Match(signed) {
			t.Errorf("got no %s in the file, want it", pattern)
		}
	}
	bare := s.sign(t, pdftest.Sample(0), pades.Options{})
	for _, absent := range []string{"/Reason", "/Location", "/ContactInfo", "/Name", "/Reference", "/Perms",
		"/Prop_Build", "/Cert "} {
		if bytes.Contains(bare, []byte(absent)) {
			t.Errorf("got %s in the file, want it left out", absent)
		}
	}
	// 1.2.840.113549.1.9.5: PAdES has /M for the time and forbids the attribute (EN 319 142-1,
	// 6.3).
	if bytes.Contains(bytes.ToLower(bare), []byte("2a864886f70d010905")) {
		t.Error("got a signing-time attribute in the CMS, want none")
	}
}

func TestFormIsMergedNeverReplaced(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	text := "<< /FT /Tx /T (amount) /V (1) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>"
	const keep = "/DR << /Font << >> >> /DA (/Helv 0 Tf) /NeedAppearances true /XFA [] "
	for _, test := range []struct {
		name    string
		objects []string
	}{
		{"no form", pdftest.Pages(1, "")},
		{"null form", pdftest.Pages(1, "/AcroForm null")},
		{"reference to a form that is not there", pdftest.Pages(1, "/AcroForm 99 0 R")},
		{"form without fields", pdftest.Pages(1, "/AcroForm << "+keep+">>")},
		{"direct form", append(pdftest.Pages(1, "/AcroForm << "+keep+"/Fields [4 0 R] >>"), text)},
		{"indirect form", append(pdftest.Pages(1, "/AcroForm 5 0 R"), text, "<< "+keep+"/Fields [4 0 R] >>")},
		{"direct form, indirect fields",
			append(pdftest.Pages(1, "/AcroForm << "+keep+"/Fields 5 0 R >>"), text, "[4 0 R]")},
		{"indirect form, indirect fields",
			append(pdftest.Pages(1, "/AcroForm 6 0 R"), text, "[4 0 R]", "<< "+keep+"/Fields 5 0 R >>")},
	} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, streams=%v", test.name, streams), func(t *testing.T) {
				t.Parallel()
				document := pdftest.File{Objects: test.objects, Streams: streams}.Bytes()
				signed := s.sign(t, s.sign(t, document, pades.Options{}), pades.Options{})
				for _, signature := range verified(t, signed, s.trust()) {
					if signature.Indication != pades.TotalPassed ||
						gravest(signature.ChangesAfter, pades.ChangeSignature) != pades.ChangeSignature {
						t.Errorf("got %+v, want it to pass", signature)
					}
				}
				file, catalog := open(t, signed)
				form, err := file.Dict(catalog["AcroForm"])
				if err != nil {
					t.Fatal(err)
				}
				fields, err := file.Array(form["Fields"])
				if err != nil {
					t.Fatal(err)
				}
				if form["SigFlags"] != pdf.Integer(3) {
					t.Errorf("got /SigFlags %v, want 3", form["SigFlags"])
				}
				want := 2
				if strings.Contains(strings.Join(test.objects, ""), "amount") {
					want = 3
					if fields[0] != (pdf.Ref{Number: 4}) {
						t.Errorf("got %v first, want the field that was there", fields[0])
					}
				}
				if len(fields) != want {
					t.Errorf("got %d fields, want %d", len(fields), want)
				}
				if strings.Contains(strings.Join(test.objects, ""), "XFA") &&
					(form["DR"] == nil || form["DA"] == nil || form["NeedAppearances"] != true || form["XFA"] == nil) {
					t.Errorf("got %v, want all entries kept", form)
				}
			})
		}
	}
}

func gravest(changes ...pades.Change) pades.Change {
	order := []pades.Change{pades.ChangeNone, pades.ChangeSignature, pades.ChangeFormFilling, pades.ChangeAnnotation,
		pades.ChangeOther}
	return slices.MaxFunc(changes,
		func(a, b pades.Change) int { return slices.Index(order, a) - slices.Index(order, b) })
}

func TestAnnotationsAreMerged(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	link := "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] >>"
	page := func(annotations string) string {
		return "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> " + annotations + " >>"
	}
	for _, test := range []struct {
		name    string
		objects []string
		first   int // annotations of page one before
		second  int // and of page two
	}{
		{"absent", append(pdftest.Pages(2, "")[:2], page(""), page("")), 0, 0},
		{"direct", append(pdftest.Pages(2, "")[:2], page("/Annots [5 0 R]"), page(""), link), 1, 0},
		{"direct, with a direct annotation", append(pdftest.Pages(2, "")[:2], page("/Annots ["+link+"]"), page("")), 1,
			0},
		{"indirect", append(pdftest.Pages(2, "")[:2], page("/Annots 6 0 R"), page(""), link, "[5 0 R]"), 1, 0},
		{"shared by two pages",
			append(pdftest.Pages(2, "")[:2], page("/Annots 6 0 R"), page("/Annots 6 0 R"), link, "[5 0 R]"), 1, 1},
		{"reference to nothing", append(pdftest.Pages(2, "")[:2], page("/Annots 77 0 R"), page("")), 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, pdftest.File{Objects: test.objects}.Bytes(), pades.Options{})
			file, _ := open(t, signed)
			for number, want := range map[int]int{3: test.first + 1, 4: test.second} {
				page, err := file.Dict(pdf.Ref{Number: number})
				if err != nil {
					t.Fatal(err)
				}
				annotations, err := file.Array(page["Annots"])
				if err != nil {
					t.Fatal(err)
				}
				if len(annotations) != want {
					t.Errorf("page %d: got %d annotations, want %d", number-2, len(annotations), want)
				}
			}
			again := s.sign(t, signed, pades.Options{})
			if found := verified(t, again, s.trust()); found[0].ChangesAfter != pades.ChangeSignature {
				t.Errorf("got %q after the first signature, want a signature alone", found[0].ChangesAfter)
			}
		})
	}
}

func TestNamedField(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	form := func(fields ...string) []byte {
		objects := pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>")
		return pdftest.File{Objects: append(objects, fields...)}.Bytes()
	}
	widget := "/Type /Annot /Subtype /Widget /Rect [0 0 90 30] /P 3 0 R"
	signedForm := s.sign(t, pdftest.Sample(0), pades.Options{Field: "taken"})
	for _, test := range []struct {
		name     string
		document []byte
		field    string
		code     string
	}{
		{"new", pdftest.Sample(0), "Approval", ""},
		{"new, beside another", form("<< /FT /Sig /T (other) " + widget + " >>"), "Approval", ""},
		{"empty field with its widget", form("<< /FT /Sig /T (seal) " + widget + " >>"), "seal", ""},
		{"empty field with a widget as kid",
			form("<< /FT /Sig /T (seal) /Kids [5 0 R] >>", "<< "+widget+" /Parent 4 0 R >>"), "seal", ""},
		{"below another field",
			form("<< /T (dept) /FT /Sig /Kids [5 0 R] >>", "<< /T (head) /Parent 4 0 R "+widget+" >>"), "dept.head",
			""},
		{"Unicode name", form("<< /FT /Sig /T <FEFF00DC> " + widget + " >>"), "Ü", ""},
		{"value null", form("<< /FT /Sig /T (seal) /V null " + widget + " >>"), "seal", ""},
		{"with a lock",
			form("<< /FT /Sig /T (seal) /Lock << /Type /SigFieldLock /Action /Include /Fields [(a)] >> " + widget +
				" >>"), "seal", ""},
		{"with seed values", form("<< /FT /Sig /T (seal) /SV << /Ff 1 >> " + widget + " >>"), "seal",
			pades.CodeFieldUnusable},
		{"a text field", form("<< /FT /Tx /T (amount) " + widget + " >>"), "amount", pades.CodeFieldUnusable},
		{"signed already", signedForm, "taken", pades.CodeFieldUnusable},
		{"a direct object",
			pdftest.File{Objects: pdftest.Pages(1, "/AcroForm << /Fields [<< /FT /Sig /T (seal) >>] >>")}.Bytes(),
			"seal", pades.CodeFieldUnusable},
		{"a parent of fields", form("<< /T (dept) /FT /Sig /Kids [5 0 R] >>",
			"<< /T (head) /Parent 4 0 R "+widget+" >>"), "dept", pades.CodeFieldUnusable},
		{"new, with a full stop", pdftest.Sample(0), "dept.head", pades.CodeFieldUnusable},
		{"too long", pdftest.Sample(0), strings.Repeat("x", 1025), pades.CodeOptionInvalid},
		{"not Unicode", pdftest.Sample(0), "\xff", pades.CodeOptionInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed, err := s.try(t.Context(), test.document, pades.Options{Field: test.field})
			if test.code != "" {
				if codeOf(err) != test.code {
					t.Errorf("got %v, want %s", err, test.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			found := verified(t, signed, s.trust())
			last := found[len(found)-1]
			if last.Field != test.field || last.Indication != pades.TotalPassed {
				t.Errorf("got %+v, want it to pass in the field %q", last, test.field)
			}
			if strings.Contains(test.name, "lock") != bytes.Contains(signed[len(test.document):], []byte("/FieldMDP")) {
				t.Error("want a FieldMDP transform where the field has a lock, and only there")
			}
		})
	}
}

func TestCertification(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	plain := pdftest.Sample(0)
	for _, test := range []struct {
		name       string
		first      pades.Options
		second     pades.Options
		secondCode string
	}{
		{"no changes", pades.Options{Certify: pades.NoChanges}, pades.Options{}, pades.CodeChangesForbidden},
		{"form filling", pades.Options{Certify: pades.FormFilling}, pades.Options{}, ""},
		{"forms and comments", pades.Options{Certify: pades.FormsAndComments}, pades.Options{}, ""},
		{"certified twice", pades.Options{Certify: pades.FormFilling}, pades.Options{Certify: pades.FormFilling},
			pades.CodeAlreadySigned},
		{"certified after an approval", pades.Options{}, pades.Options{Certify: pades.FormFilling},
			pades.CodeAlreadySigned},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			first := s.sign(t, plain, test.first)
			got := verified(t, first, s.trust())[0]
			if got.Certification != test.first.Certify || got.Indication != pades.TotalPassed {
				t.Errorf("got %+v, want it to pass with certification %d", got, test.first.Certify)
			}
			file, catalog := open(t, first)
			permissions, err := file.Dict(catalog["Perms"])
			if err != nil || (permissions["DocMDP"] != nil) != (test.first.Certify != pades.NoCertification) {
				t.Errorf("got /Perms %v %v, want /DocMDP for a certification only", permissions, err)
			}
			second, err := s.try(t.Context(), first, test.second)
			if err != nil || test.secondCode != "" {
				if codeOf(err) != test.secondCode {
					t.Errorf("got %v, want code %q", err, test.secondCode)
				}
				return
			}
			for _, signature := range verified(t, second, s.trust()) {
				if signature.Indication != pades.TotalPassed {
					t.Errorf("got %+v, want it to pass", signature)
				}
			}
		})
	}
}

func TestLockedFieldIsNotSigned(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct{ name, lock, code string }{
		{"all", "/Action /All", pades.CodeChangesForbidden},
		{"named", "/Action /Include /Fields [(later)]", pades.CodeChangesForbidden},
		{"a parent is named", "/Action /Include /Fields [(lat)]", ""},
		{"all but it", "/Action /Exclude /Fields [(later)]", ""},
		{"unknown action", "/Action /Sometimes", pades.CodeChangesForbidden},
		{"all, frozen", "/Action /Exclude /Fields [(later)] /P 1", pades.CodeChangesForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R 5 0 R] >>"),
				"<< /FT /Sig /T (first) /Lock << "+test.lock+" >> >>", "<< /FT /Sig /T (later) >>")
			first := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: "first"})
			_, err := s.try(t.Context(), first, pades.Options{Field: "later"})
			if err == nil && test.code == "" {
				return
			}
			if codeOf(err) != test.code {
				t.Errorf("got %v, want %q", err, test.code)
			}
		})
	}
}

// A lock also covers the fields below the fields that it names.
func TestALockCoversWhatIsBelow(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R 5 0 R] >>"),
		"<< /FT /Sig /T (first) /Lock << /Action /Include /Fields [(dept)] >> >>",
		"<< /FT /Sig /T (dept) /Kids [6 0 R] >>", "<< /T (head) /Parent 5 0 R >>")
	first := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: "first"})
	if _, err := s.try(t.Context(), first,
		pades.Options{Field: "dept.head"}); codeOf(err) != pades.CodeChangesForbidden {
		t.Errorf("got %v, want %s", err, pades.CodeChangesForbidden)
	}
	if _, err := s.try(t.Context(), first, pades.Options{Field: "department"}); err != nil {
		t.Errorf("got %v for a name that only begins alike, want a signature", err)
	}
}

func TestSignRefusesOptionsAndKeys(t *testing.T) {
	t.Parallel()
	good := ecdsaSigner(t)
	weakChain, weakKey := newSigner(t, pkitest.RSA1024)
	oddChain, oddKey := newSigner(t, pkitest.P224)
	other := ecdsaSigner(t)
	now := time.Now()
	for _, test := range []struct {
		name    string
		signer  signer
		options pades.Options
		code    string
	}{
		{"level", good, pades.Options{Time: now, Level: "B-X"}, pades.CodeOptionInvalid},
		{"certification", good, pades.Options{Time: now, Certify: 4}, pades.CodeOptionInvalid},
		{"no time", good, pades.Options{}, pades.CodeOptionInvalid},
		{"time beyond four digits", good, pades.Options{Time: now.AddDate(9000, 0, 0)}, pades.CodeOptionInvalid},
		{"digest", good, pades.Options{Time: now, Digest: crypto.SHA1}, pades.CodeOptionInvalid},
		{"reason too long", good, pades.Options{Time: now, Reason: strings.Repeat("ä", 513)}, pades.CodeOptionInvalid},
		{"RSA-1024", signer{weakChain, weakKey}, pades.Options{Time: now}, pades.CodeKeyUnsupported},
		{"P-224", signer{oddChain, oddKey}, pades.Options{Time: now}, pades.CodeKeyUnsupported},
		{"key of another certificate", signer{good.chain, other.key}, pades.Options{Time: now},
			pades.CodeKeyUnsupported},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			increment, err := sign.Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)), test.signer.chain,
				test.signer.key, test.options)
			if increment != nil || codeOf(err) != test.code {
				t.Errorf("got %v %v, want %s", increment, err, test.code)
			}
		})
	}
}

func TestSignEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ecdsaSigner(t).try(ctx, pdftest.Sample(1<<20), pades.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
