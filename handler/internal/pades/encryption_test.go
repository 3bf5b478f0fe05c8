package pades_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// encryptions are all kinds of encryption by the standard security handler.
func encryptions() map[string]pdftest.Encryption {
	all := map[string]pdftest.Encryption{
		"R 2, RC4 of 40 bits":  {Revision: 2},
		"R 3, RC4 of 40 bits":  {Revision: 3, Length: 40},
		"R 3, RC4 of 56 bits":  {Revision: 3, Length: 56},
		"R 3, RC4 of 128 bits": {Revision: 3},
		"R 4, RC4":             {Revision: 4},
		"R 4, AES":             {Revision: 4, AES: true},
		"R 5":                  {Revision: 5},
		"R 6":                  {Revision: 6},
		"R 6, strings alone": {Revision: 6,
			Filters: "/CF << /A << /CFM /AESV3 >> >> /StrF /A /StmF /Identity"},
		"R 6, streams alone": {Revision: 6,
			Filters: "/CF << /A << /CFM /AESV3 >> >> /StrF /Identity /StmF /A"},
		"R 4, a filter by another name": {Revision: 4, AES: true,
			Filters: "/CF << /Own << /CFM /AESV2 /Length 16 >> >> /StmF /Own /StrF /Own /EFF /Own"},
	}
	for name, e := range maps.Clone(all) {
		if e.Revision >= 4 && e.Filters == "" {
			e.PlainMetadata = true
			all[name+", metadata plain"] = e
		}
		delete(all, "")
	}
	return all
}

// encryptedForm has a text field, an empty signature field, metadata and a page of text.
func encryptedForm(e pdftest.Encryption, streams bool) []byte {
	const widget = "/Type /Annot /Subtype /Widget /Rect [10 10 200 60] /P 3 0 R "
	return pdftest.File{Streams: streams, Encryption: &e,
		Objects: payment(resources+"/Contents 4 0 R /Annots [6 0 R 7 0 R]",
			"/AcroForm << /Fields [6 0 R 7 0 R] /DA (0 g) >> /Metadata 8 0 R",
			"<< /FT /Tx /T (Amount) /V (ten) "+widget+">>", "<< /FT /Sig /T (Sign here) "+widget+">>",
			pdftest.Stream("/Type /Metadata /Subtype /XML", "<x/>"))}.Bytes()
}

func TestEncryptedDocumentsAreSigned(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, e := range encryptions() {
		for _, streams := range []bool{false, true} {
			if streams && e.Filters != "" {
				continue // the object stream is encrypted by the default filter of pdftest
			}
			t.Run(fmt.Sprintf("%s, streams %v", name, streams), func(t *testing.T) {
				t.Parallel()
				document := encryptedForm(e, streams)
				if strings.Contains(name, "streams alone") || strings.Contains(name, "strings alone") {
					document = partlyEncrypted(e)
				}
				first := s.sign(t, document, pades.Options{Reason: "first reason", Field: "Sign here"})
				second := s.sign(t, first, pades.Options{Reason: "second reason", Appearance: &pades.Appearance{
					Page: 1, Box: pades.Rectangle{X: 50, Y: 50, Width: 200, Height: 80}, Text: "shown text",
				}})
				if !bytes.HasPrefix(second, document) {
					t.Error("got another document, want it to begin with the original")
				}
				checkEncrypted(t, second, e, "first reason", "second reason", "shown text")
				found := verified(t, second, s.trust())
				for i, change := range []pades.Change{pades.ChangeSignature, pades.ChangeNone} {
					if len(found) != 2 || found[i].Indication != pades.TotalPassed || found[i].ChangesAfter != change {
						t.Fatalf("got %+v, want two signatures that pass", found)
					}
				}
				if found[0].Field != "Sign here" || found[0].Reason != "first reason" ||
					found[1].Reason != "second reason" {
					t.Errorf("got fields and reasons %q %q %q, want them decrypted", found[0].Field, found[0].Reason,
						found[1].Reason)
				}
			})
		}
	}
}

// partlyEncrypted is a document whose strings or streams have the filter Identity and are not
// encrypted.
func partlyEncrypted(e pdftest.Encryption) []byte {
	plain := pdftest.File{Objects: payment(resources+"/Contents 4 0 R /Annots [6 0 R]",
		"/AcroForm << /Fields [6 0 R] >>",
		"<< /FT /Sig /T /Name /Type /Annot /Subtype /Widget /Rect [10 10 200 60] /P 3 0 R >>")}
	plain.Objects[5] = strings.Replace(plain.Objects[5], "/T /Name", "/T (Sign here)", 1)
	whole := e
	if strings.Contains(e.Filters, "/StrF /Identity") {
		plain.Objects[5] = strings.Replace(plain.Objects[5], "(Sign here)", `(Sign\040here)`, 1) // pdftest leaves escapes as they are
	} else {
		// the filter Identity: pdftest does not encrypt such a stream
		plain.Objects[3] = strings.Replace(plain.Objects[3], "<<", "<< /Filter /Crypt", 1)
	}
	plain.Encryption = &whole
	return plain.Bytes()
}

// checkEncrypted makes sure that the file shows no text that should be encrypted, and that the
// reader finds it.
func checkEncrypted(t *testing.T, document []byte, e pdftest.Encryption, texts ...string) {
	t.Helper()
	file, _ := open(t, document)
	if !file.Encrypted() {
		t.Error("got a document that is not encrypted any more")
	}
	for _, text := range texts {
		if bytes.Contains(document, []byte(text)) && !strings.Contains(e.Filters, "/Identity") {
			t.Errorf("got %q in the file, want it encrypted", text)
		}
	}
}

func TestEncryptedDocumentsReachEveryLevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	for name, e := range encryptions() {
		if e.Filters != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := encryptedForm(e, e.PlainMetadata)
			signed := w.signer.sign(t, document, w.options(pades.LevelLTA))
			extended := w.extend(t, w.signer.sign(t, document, pades.Options{}), sign.Extension{Level: pades.LevelLTA})
			increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document), w.clients)
			if err != nil {
				t.Fatal(err)
			}
			for i, one := range [][]byte{signed, extended, slices.Concat(document, increment.Bytes)} {
				for _, found := range w.checkSound(t, one) {
					if i < 2 && found.Kind == pades.KindSignature && found.Level != pades.LevelLTA {
						t.Errorf("got level %s, want B-LTA", found.Level)
					}
				}
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const user, owner = "user-secret", "owner-secret"
	for name, e := range encryptions() {
		if e.Filters != "" {
			continue
		}
		e.User, e.Owner, e.Permissions = user, owner, -3904 // nothing is allowed
		closed := encryptedForm(e, false)
		e.User = ""
		restricted := encryptedForm(e, false)
		for _, test := range []struct {
			document []byte
			password string
			want     string // code; "" = signs
		}{
			{closed, "", pades.CodePasswordNeeded},
			{closed, "not-the-secret", pades.CodePasswordWrong},
			{closed, strings.Repeat("x", 10_000), pades.CodePasswordWrong},
			{closed, user, pades.CodeRestricted},
			{closed, owner, ""},
			{restricted, "", pades.CodeRestricted},
			{restricted, "not-the-secret", pades.CodePasswordWrong},
			{restricted, owner, ""},
		} {
			t.Run(fmt.Sprintf("%s, %.12q wants %q", name, test.password, test.want), func(t *testing.T) {
				t.Parallel()
				ctx := pades.WithPassword(t.Context(), test.password)
				signed, err := s.try(ctx, test.document, pades.Options{})
				if test.want != "" {
					if codeOf(err) != test.want ||
						strings.Contains(fmt.Sprint(err), test.password) && test.password != "" {
						t.Errorf("got %v, want %s, and no password in it", err, test.want)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				report, err := verify.Verify(ctx, bytes.NewReader(signed), s.trust())
				if err != nil || len(report.Signatures) != 1 || report.Signatures[0].Indication != pades.TotalPassed {
					t.Errorf("got %v %v, want a signature that passes", report, err)
				}
			})
		}
		if _, err := verify.Verify(t.Context(), bytes.NewReader(closed),
			s.trust()); codeOf(err) != pades.CodePasswordNeeded {
			t.Errorf("%s: got %v, want a verifier that needs a password", name, err)
		}
		ctx := pades.WithPassword(t.Context(), user)
		if _, err := verify.Verify(ctx, bytes.NewReader(closed), s.trust()); err != nil {
			t.Errorf("%s: got %v, want a restricted document to be verified", name, err)
		}
	}
}

// An unnecessary password has no effect.
func TestAPasswordForAPlainDocument(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	if _, err := s.try(pades.WithPassword(t.Context(), "x"), pdftest.Sample(4000), pades.Options{}); err != nil {
		t.Errorf("got %v, want a signature", err)
	}
}

func TestUnicodePasswords(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, test := range map[string]struct {
		e        pdftest.Encryption
		password string
	}{
		"PDFDocEncoding":           {pdftest.Encryption{Revision: 3, User: "gr\xfc\xdf \xa0\x95"}, "grüß €Ł"},
		"UTF-8 in an old revision": {pdftest.Encryption{Revision: 4, AES: true, User: "пароль"}, "пароль"},
		"Latin-1 is not Unicode":   {pdftest.Encryption{Revision: 6, User: "grüß"}, "grüß"},
		"composed":                 {pdftest.Encryption{Revision: 6, User: "gr\u00fc\u00df"}, "gru\u0308\u00df"},
		"another space":            {pdftest.Encryption{Revision: 6, User: "a b"}, "a\u00a0b"},
		"without preparation":      {pdftest.Encryption{Revision: 6, User: "a\u00adb"}, "a\u00adb"},
		"longer than counts": {pdftest.Encryption{Revision: 6, User: strings.Repeat("x", 127)},
			strings.Repeat("x", 200)},
		"longer than counts, older": {pdftest.Encryption{Revision: 3, User: strings.Repeat("x", 32)},
			strings.Repeat("x", 200)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.e.Owner = "another"
			if _, err := s.try(pades.WithPassword(t.Context(), test.password), encryptedForm(test.e, false),
				pades.Options{}); err != nil {
				t.Errorf("got %v, want a signature", err)
			}
		})
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const none = -3904 // all bits are cleared that can be
	bits := func(numbers ...int) int32 {
		out := int32(none)
		for _, n := range numbers {
			out |= 1 << (n - 1)
		}
		return out
	}
	for _, test := range []struct {
		name       string
		bits       int32
		old        bool   // revision 2
		field, new string // what the refusal names; "" = signs
	}{
		{"nothing", bits(), false, "bit 9", "bit 4"},
		{"filling", bits(9), false, "", "bit 4"},
		{"annotating", bits(6), false, "", "bit 4"},
		{"modifying", bits(4), false, "bit 6", "bit 6"},
		{"modifying and filling", bits(4, 9), false, "", "bit 6"},
		{"modifying and annotating", bits(4, 6), false, "", ""},
		{"all but those", bits(3, 5, 10, 11, 12), false, "bit 9", "bit 4"},
		{"in revision 2, nothing", bits(9), true, "bit 9", "bit 4"}, // bit 9 is always set there
		{"in revision 2, annotating", bits(6, 9), true, "", "bit 4"},
	} {
		for name, e := range encryptions() {
			if e.Filters != "" || (e.Revision == 2) != test.old {
				continue
			}
			e.Owner, e.Permissions = "owner", test.bits
			document := encryptedForm(e, false)
			for field, want := range map[string]string{"Sign here": test.field, "Another": test.new, "": test.new} {
				t.Run(fmt.Sprintf("%s, %s, %q", test.name, name, field), func(t *testing.T) {
					t.Parallel()
					_, err := s.try(t.Context(), document, pades.Options{Field: field})
					if want == "" && err != nil ||
						want != "" && (codeOf(err) != pades.CodeRestricted || !strings.Contains(err.Error(), want)) {
						t.Errorf("got %v, want a refusal that names %q (\"\" = none)", err, want)
					}
				})
			}
		}
	}
}

func TestOtherSecurityHandlers(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	entry := func(e pdftest.Encryption, old, new string) string {
		e.Owner = "o"
		whole := pdftest.File{Objects: pdftest.Pages(1, ""), Encryption: &e}.Bytes()
		_, dict, _ := bytes.Cut(whole, []byte("4 0 obj\n"))
		dict, _, _ = bytes.Cut(dict, []byte("\nendobj"))
		if !bytes.Contains(dict, []byte(old)) {
			t.Fatalf("got %s, want %s in it", dict, old)
		}
		return strings.Replace(string(dict), old, new, 1)
	}
	for name, test := range map[string]struct{ dict, want string }{
		"for certificates":       {"<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 /V 4 >>", "Adobe.PubSec"},
		"of Entrust":             {"<< /Filter /Entrust.PPKEF /V 1 >>", "Entrust.PPKEF"},
		"of nobody":              {"<< /Filter /Whose#28 /V 1 >>", "a security handler other"},
		"unpublished":            {entry(pdftest.Encryption{Revision: 3}, "/V 2", "/V 3"), "version 3"},
		"of the future":          {entry(pdftest.Encryption{Revision: 6}, "/R 6", "/R 7"), "revision 7"},
		"versions that disagree": {entry(pdftest.Encryption{Revision: 6}, "/V 5", "/V 4"), "version 4"},
		"a short /U":             {entry(pdftest.Encryption{Revision: 6}, "/U <", "/U <00> /X <"), "broken"},
		"a filter of no method":  {entry(pdftest.Encryption{Revision: 4}, "/CFM /V2", "/CFM /None"), "crypt filter"},
		"a filter that is not": {entry(pdftest.Encryption{Revision: 4}, "/StmF /StdCF", "/StmF /Another"),
			"crypt filter"},
		"no number": {entry(pdftest.Encryption{Revision: 4}, "/R 4", "/R (4)"), "revision 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := pdftest.Encryption{Revision: 4, Dictionary: test.dict}
			_, err := s.try(t.Context(), pdftest.File{Objects: pdftest.Pages(1, ""), Encryption: &e}.Bytes(),
				pades.Options{})
			if codeOf(err) != pades.CodeEncrypted || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s with %q", err, pades.CodeEncrypted, test.want)
			}
		})
	}
}

// A later revision is judged by its decrypted content, and a change of the encryption is a change
// of the document.
func TestChangesOfEncryptedDocuments(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	dict := func(t *testing.T, f *pdf.File) (pdf.Ref, pdf.Dict) {
		ref, _ := f.Trailer()["Encrypt"].(pdf.Ref)
		entries, err := f.Dict(ref)
		if err != nil || entries == nil {
			t.Fatalf("got %v %v, want the encryption dictionary", entries, err)
		}
		return ref, entries.Clone()
	}
	rights := func(to pdf.Integer) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			ref, entries := dict(t, f)
			entries["Own"] = to
			u.Set(ref, entries)
		}
	}
	for name, test := range map[string]struct {
		change func(*testing.T, *pdf.File, *pdf.Update)
		want   pades.Change
	}{
		"nothing": {func(*testing.T, *pdf.File, *pdf.Update) {}, pades.ChangeNone},
		"a field filled": {func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(6), pdf.Dict{"V": pdf.Text("twenty")})
		}, pades.ChangeFormFilling},
		"the page written again as it is": {func(t *testing.T, f *pdf.File, u *pdf.Update) {
			stream, err := f.Stream(number(4))
			if err != nil {
				t.Fatal(err)
			}
			u.Set(number(4), stream)
		}, pades.ChangeNone},
		"the page written again as something else": {func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
			u.Set(number(4), pdf.NewStream(pdf.Dict{}, []byte(shown("PAY 99"))))
		}, pades.ChangeOther},
		"the encryption dictionary with another entry": {rights(1), pades.ChangeOther},
		"the encryption dictionary written again": {func(t *testing.T, f *pdf.File, u *pdf.Update) {
			u.Set(dict(t, f))
		}, pades.ChangeNone},
	} {
		for kind, e := range encryptions() {
			if e.Filters != "" {
				continue
			}
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				signed := s.sign(t, encryptedForm(e, e.PlainMetadata), pades.Options{})
				checkAttack(t, s, appendix(t, signed, test.change), test.want)
			})
		}
	}
}

// A later trailer that adds an encryption dictionary, or names another one, changes the document,
// whatever the dictionary contains. If the trailer names no dictionary, or a missing one, no reader
// can show the document.
func TestAnotherEncryption(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const identity = "/Encrypt << /Filter /Standard /V 4 /R 4 /P -4 /O <%064x> /U <%064x> /CF << /S << /CFM " +
		"/AESV2 >> >> >>"
	for name, test := range map[string]struct {
		e       *pdftest.Encryption
		trailer func(was string) string // changes the /Encrypt entry of the trailer
		code    string                  // "" = a report that says other
	}{
		"brought, and encrypting nothing": {nil, func(string) string { return fmt.Sprintf(identity, 1, 2) }, ""},
		"a dictionary that is not there": {&pdftest.Encryption{Revision: 6},
			func(string) string { return "/Encrypt 99 0 R" }, ""},
		"none any more": {&pdftest.Encryption{Revision: 6}, func(string) string { return "" }, ""},
		"none any more, RC4": {&pdftest.Encryption{Revision: 2},
			func(string) string { return "/Encrypt null" }, ""},
		"as it was": {&pdftest.Encryption{Revision: 6}, func(was string) string { return was },
			"none"},
		"a copy of the dictionary": {&pdftest.Encryption{Revision: 6},
			func(string) string { return "/Encrypt COPY 0 R" }, ""},
		"a copy of the dictionary, RC4": {&pdftest.Encryption{Revision: 3},
			func(string) string { return "/Encrypt COPY 0 R" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := pdftest.File{Objects: payment(resources+"/Contents 4 0 R", ""), Encryption: test.e}.Bytes()
			signed := s.sign(t, document, pades.Options{})
			copied := 0
			attacked := string(appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				if !strings.Contains(name, "copy") {
					return
				}
				entries, err := f.Dict(f.Trailer()["Encrypt"])
				if err != nil {
					t.Fatal(err)
				}
				text, err := pdf.Append(nil, entries)
				if err != nil {
					t.Fatal(err)
				}
				copied = u.Add(&pdf.Hole{Text: text}).Number // unchanged, with its strings not encrypted
			}))
			at := strings.LastIndex(attacked, "trailer\n<<") + len("trailer\n<<")
			was := ""
			if begin := strings.Index(attacked[at:], "/Encrypt"); begin >= 0 {
				length := strings.Index(attacked[at+begin:], " R") + len(" R")
				was = attacked[at+begin : at+begin+length]
				attacked = attacked[:at+begin] + attacked[at+begin+length:]
			}
			attacked = attacked[:at] + strings.Replace(test.trailer(was), "COPY", fmt.Sprint(copied), 1) + attacked[at:]
			want := pades.ChangeOther
			if test.code == "none" {
				want = pades.ChangeNone
			}
			checkAttack(t, s, []byte(attacked), want)
		})
	}
}

// FuzzEncrypted: for every encryption dictionary, the result is an error of the document or a
// signature that verifies.
func FuzzEncrypted(f *testing.F) {
	count := 0
	for _, e := range encryptions() {
		e.Owner = "owner"
		f.Add(encryptedForm(e, false), "")
		f.Add(encryptedForm(e, true), "owner")
		count += 2
	}
	if count < 20 {
		f.Fatalf("got %d seeds, want at least 20", count)
	}
	s := ecdsaSigner(f)
	f.Fuzz(func(t *testing.T, document []byte, password string) {
		ctx, cancel := context.WithTimeout(pades.WithPassword(t.Context(), password), time.Minute)
		defer cancel()
		signed, err := s.try(ctx, document, pades.Options{Reason: "any"})
		if err != nil {
			if _, ok := errors.AsType[*pades.Error](err); !ok && codeOf(err) != pades.CodeTooComplex {
				t.Errorf("got %v, want an *Error: the document is at fault", err)
			}
			return
		}
		report, err := verify.Verify(ctx, bytes.NewReader(signed), s.trust())
		if err != nil || len(report.Signatures) == 0 {
			t.Fatalf("got %v %v for a document that was just signed", report, err)
		}
	})
}
