package pades_test

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// Each byte of a signed file is changed in turn: the signature must never still pass for the whole
// document.
func TestEveryFlippedByteIsFound(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	trust := s.trust()
	s.chain = s.chain[:2] // without the anchor, because changes of its embedded copy would not matter
	for _, streams := range []bool{false, true} {
		signed := s.sign(t, pdftest.File{Objects: pdftest.Pages(1, ""), Streams: streams}.Bytes(),
			pades.Options{Reason: "test"})
		contents := verified(t, signed, trust)[0].ByteRange
		der := signed[contents[1]+1 : contents[2]-1]
		for at := range signed {
			changed := bytes.Clone(signed)
			changed[at] ^= 1
			report, err := verify.Verify(t.Context(), bytes.NewReader(changed), trust)
			if err != nil || len(report.Signatures) != 1 {
				continue // not readable any more, or no signature found: nothing passes
			}
			if got := report.Signatures[0]; got.Indication == pades.TotalPassed && coversAll(got) {
				inside := int64(at) > contents[1] && int64(at) < contents[2]
				if inside && sameHex(der, changed[contents[1]+1:contents[2]-1]) {
					continue
				}
				t.Errorf("streams=%v: byte %d of %d changed (%q): got %+v, want it refused", streams, at, len(signed),
					around(signed, at), got)
			}
		}
	}
}

func sameHex(a, b []byte) bool {
	left, errA := hex.DecodeString(string(a))
	right, errB := hex.DecodeString(string(b))
	return errA == nil && errB == nil && bytes.Equal(left, right)
}

func around(file []byte, at int) []byte { return file[max(0, at-10):min(len(file), at+10)] }

// appendix appends a revision to a file with the reader and writer of package pdf.
func appendix(t *testing.T, document []byte, change func(t *testing.T, file *pdf.File, update *pdf.Update)) []byte {
	t.Helper()
	file, _ := open(t, document)
	update := file.NewUpdate()
	change(t, file, update)
	increment, err := update.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment)
}

// edit sets entries of a dictionary object.
func edit(t *testing.T, file *pdf.File, update *pdf.Update, ref pdf.Ref, changes pdf.Dict) {
	t.Helper()
	dict, err := file.Dict(ref)
	if err != nil || dict == nil {
		t.Fatalf("got %v %v, want a dictionary", dict, err)
	}
	changed := dict.Clone()
	for key, value := range changes {
		changed[key] = value
	}
	update.Set(ref, changed)
}

func TestChangesAfterASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := append(pdftest.Pages(2, "/AcroForm 7 0 R"),
		"<< /FT /Tx /T (amount) /V (1) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>", // 5
		"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (a note) >>",           // 6
		"<< /Fields [5 0 R 8 0 R] >>", // 7
		"<< /FT /Sig /T (empty) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>", // 8
		pdftest.Stream("", "BT ET"),      // 9
		"<< /Title (of the document) >>", // 10
	)
	objects[2] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Annots [5 0 R 6 0 R 8 0 R] " +
		"/Contents 9 0 R >>"
	ref := func(number int) pdf.Ref { return pdf.Ref{Number: number} }
	note := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Text"),
		"Rect": pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(9), pdf.Integer(9)}}
	type change = func(*testing.T, *pdf.File, *pdf.Update)
	for _, test := range []struct {
		name   string
		change change
		want   pades.Change
	}{
		{"an object written again as it was",
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, ref(6), nil) }, pades.ChangeNone},
		{"document information", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(10), pdf.Dict{"ModDate": pdf.Text("D:2026"), "Producer": pdf.Text("another")})
		}, pades.ChangeMetadata},
		{"a title", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(10), pdf.Dict{"Title": pdf.Text("another")})
		}, pades.ChangeOther},
		{"validation data", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(1),
				pdf.Dict{"DSS": u.Add(pdf.Dict{"Certs": pdf.Array{u.Add(pdf.NewStream(pdf.Dict{}, []byte("der")))}})})
		}, pades.ChangeDSS},
		{"a field filled", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(5), pdf.Dict{"V": pdf.Text("1000"),
				"AP": pdf.Dict{"N": u.Add(pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form")}, nil))}})
		}, pades.ChangeFormFilling},
		{"a field renamed", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(5), pdf.Dict{"T": pdf.Text("total")})
		}, pades.ChangeOther},
		{"a field moved", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(5),
				pdf.Dict{"Rect": pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(500), pdf.Integer(500)}})
		}, pades.ChangeOther},
		{"a field taken away", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(7), pdf.Dict{"Fields": extend(t, f, ref(7), "Fields")[1:]})
		}, pades.ChangeOther},
		{"a text field added", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(7),
				pdf.Dict{"Fields": extend(t, f, ref(7), "Fields",
					u.Add(pdf.Dict{"FT": pdf.Name("Tx"), "T": pdf.Text("new")}))})
		}, pades.ChangeOther},
		{"a note added", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			annotations := extend(t, f, ref(4), "Annots")
			edit(t, f, u, ref(4), pdf.Dict{"Annots": append(annotations.Clone(), u.Add(note))})
		}, pades.ChangeAnnotation},
		{"a note changed", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(6), pdf.Dict{"Contents": pdf.Text("another note")})
		}, pades.ChangeAnnotation},
		{"a note removed", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			annotations := extend(t, f, ref(3), "Annots")
			edit(t, f, u, ref(3), pdf.Dict{"Annots": append(annotations[:1:1], annotations[2:]...)})
		}, pades.ChangeAnnotation},
		{"a field's widget removed", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			annotations := extend(t, f, ref(3), "Annots")
			edit(t, f, u, ref(3), pdf.Dict{"Annots": annotations[1:]})
		}, pades.ChangeOther},
		{"page contents replaced", func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
			u.Set(ref(9), pdf.NewStream(pdf.Dict{}, []byte("BT (x) Tj ET")))
		}, pades.ChangeOther},
		{"page contents added", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(4), pdf.Dict{"Contents": u.Add(pdf.NewStream(pdf.Dict{}, nil))})
		}, pades.ChangeOther},
		{"page size", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(3), pdf.Dict{"Rotate": pdf.Integer(90)})
		}, pades.ChangeOther},
		{"page tree", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(2), pdf.Dict{"Kids": pdf.Array{ref(4)}, "Count": pdf.Integer(1)})
		}, pades.ChangeOther},
		{"an action at opening", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, ref(1),
				pdf.Dict{"OpenAction": pdf.Dict{"S": pdf.Name("JavaScript"), "JS": pdf.Text("app.alert(1)")}})
		}, pades.ChangeOther},
		{"an object that nothing refers to",
			func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Add(pdf.Dict{"A": pdf.Integer(1)}) }, pades.ChangeNone},
	} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, streams=%v", test.name, streams), func(t *testing.T) {
				t.Parallel()
				document := pdftest.File{Objects: objects, Trailer: "/Info 10 0 R", Streams: streams}.Bytes()
				signed := s.sign(t, document, pades.Options{})
				got := verified(t, appendix(t, signed, test.change), s.trust())
				if len(got) == 0 {
					t.Fatal("got no signature, want the one that was made")
				}
				indication := pades.TotalPassed
				if !passesAfter(test.want) {
					indication = pades.Indeterminate // the document shows other content than the signed one
				}
				if got[0].Indication != indication || coversAll(got[0]) || got[0].ChangesAfter != test.want {
					t.Errorf("got %+v, want %s and %q after it", got[0], indication, test.want)
				}
			})
		}
	}
}

func TestSigningAnEmptyFieldLaterIsASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (later) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>")
	first := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: "first"})
	second := s.sign(t, first, pades.Options{Field: "later"})
	if got := verified(t, second, s.trust()); got[0].ChangesAfter != pades.ChangeSignature || got[1].Field != "later" {
		t.Errorf("got %+v, want a signature after the first", got)
	}
}

// replaceInLast replaces the last occurrence and must find one.
func replaceInLast(t *testing.T, file []byte, old, new string) []byte {
	t.Helper()
	at := bytes.LastIndex(file, []byte(old))
	if at < 0 {
		t.Fatalf("got no %q in the file", old)
	}
	return slices.Concat(file[:at], []byte(new), file[at+len(old):])
}

// Universal forgeries and wrappings: no signature with a wrong /ByteRange or /Contents passes.
func TestForgedRanges(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	original := verified(t, signed, s.trust())[0].ByteRange
	text := regexp.MustCompile(`/ByteRange \[[^]]*\]`).Find(signed)
	ranges := func(numbers ...any) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			forged := "/ByteRange [" + strings.TrimSuffix(fmt.Sprintln(numbers...), "\n")
			forged += strings.Repeat(" ", max(0, len(text)-1-len(forged))) + "]"
			return replaceInLast(t, signed, string(text), forged)
		}
	}
	start, after, rest := original[1], original[2], original[3]
	for name, forge := range map[string]func(*testing.T) []byte{
		"no ranges":     func(t *testing.T) []byte { return replaceInLast(t, signed, "/ByteRange", "/ByteRangX") },
		"empty":         ranges(),
		"two numbers":   ranges(0, start),
		"three numbers": ranges(0, start, after),
		"six numbers":   ranges(0, 1, 1, start-1, after, rest),
		"null": func(t *testing.T) []byte {
			return replaceInLast(t, signed, string(text), "/ByteRange null"+strings.Repeat(" ", len(text)-15))
		},
		"names":                  ranges("/A", "/B", "/C", "/D"),
		"reals":                  ranges("0.0", start, after, rest),
		"negative first":         ranges(-1, start, after, rest),
		"negative length":        ranges(0, -start, after, rest),
		"negative rest":          ranges(0, start, after, -rest),
		"not from the beginning": ranges(1, start-1, after, rest),
		"empty first range":      ranges(0, 0, after, rest),
		"gap begins early":       ranges(0, start-1, after, rest),
		"gap begins late":        ranges(0, start+1, after, rest),
		"gap ends late":          ranges(0, start, after+1, rest-1),
		"gap ends early":         ranges(0, start, after-1, rest+1),
		"beyond the end":         ranges(0, start, after, rest+1),
		"overflowing":            ranges(0, start, "9223372036854775807", rest),
		"short of the end":       ranges(0, start, after, rest-1),
		"overlapping":            ranges(0, start, start-10, rest),
		"no contents": func(t *testing.T) []byte {
			return replaceInLast(t, signed, "/Contents <", "/Contentz <")
		},
		"two contents": func(t *testing.T) []byte {
			return replaceInLast(t, signed, "/Filter /Adobe.PPKLite",
				"/Contents <00>"+strings.Repeat(" ", len("/Filter /Adobe.PPKLite")-14))
		},
		"zero contents": func(*testing.T) []byte {
			forged := bytes.Clone(signed)
			for i := start + 1; i < after-1; i++ {
				forged[i] = '0'
			}
			return forged
		},
		"white space in the contents": func(*testing.T) []byte {
			forged := bytes.Clone(signed)
			forged[after-2] = ' '
			return forged
		},
		"bytes behind the CMS": func(*testing.T) []byte {
			forged := bytes.Clone(signed)
			forged[after-2] = '1'
			return forged
		},
		"other format": func(t *testing.T) []byte {
			return replaceInLast(t, signed, "/ETSI.CAdES.detached", "/adbe.x509.rsa_sha1_")
		},
		"format of a document timestamp": func(t *testing.T) []byte {
			return replaceInLast(t, signed, "/ETSI.CAdES.detached", "/ETSI.RFC3161       ")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := verify.Verify(t.Context(), bytes.NewReader(forge(t)), s.trust())
			if err != nil {
				return // a file that cannot be read has no signature that passes
			}
			for _, signature := range report.Signatures {
				if signature.Indication == pades.TotalPassed {
					t.Errorf("got %+v, want it refused", signature)
				}
				if signature.SubIndication == "" || signature.Detail == "" {
					t.Errorf("got %+v, want a reason", signature)
				}
			}
		})
	}
}

// Bytes behind the signed revision do not count as covered if they are no revision, or replace the
// signed one.
func TestAppendedBytes(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	got := verified(t, append(bytes.Clone(signed), "\n% a comment\n"...), s.trust())[0]
	if coversAll(got) {
		t.Errorf("got %+v, want a signature that does not cover the whole document", got)
	}
	// The cross-reference chain of a later revision omits the signed revision: readers see another
	// document.
	other := pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (x) /V 5 0 R >>")}.Bytes()
	at := bytes.LastIndex(other, []byte("xref\n0 "))
	hidden := slices.Concat(signed, other[:at])
	shifted := regexp.MustCompile(`(?m)^(\d{10}) 00000 n`).ReplaceAllFunc(other[at:], func(entry []byte) []byte {
		offset, err := strconv.Atoi(string(entry[:10]))
		if err != nil {
			t.Error(err)
		}
		return fmt.Appendf(nil, "%010d 00000 n", offset+len(signed))
	})
	hidden = append(hidden, shifted...)
	hidden = append(hidden[:bytes.LastIndex(hidden, []byte("startxref"))],
		fmt.Sprintf("startxref\n%d\n%%%%EOF\n", len(signed)+at)...)
	for _, signature := range verified(t, hidden, s.trust()) {
		if signature.Indication == pades.TotalPassed {
			t.Errorf("got %+v, want no signature of the hidden revision to pass", signature)
		}
	}
}

func TestTrustAndTime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(change func(*x509.Certificate)) signer {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		template := pkitest.SigningTemplate("Seal", now)
		if change != nil {
			change(template)
		}
		chain, err := root.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return signer{chain, key}
	}
	good := issue(nil)
	anchors := good.chain[1:]
	for _, test := range []struct {
		name       string
		signer     signer
		signedAt   time.Time
		trust      pades.Trust
		indication pades.Indication
		sub        pades.SubIndication
	}{
		{"good", good, now, pades.Trust{Anchors: anchors, Time: now}, pades.TotalPassed, ""},
		{"the leaf is the anchor", good, now, pades.Trust{Anchors: good.chain[:1], Time: now}, pades.TotalPassed, ""},
		{"no anchors", good, now, pades.Trust{Time: now}, pades.Indeterminate, pades.NoCertificateChain},
		{"another anchor", good, now, pades.Trust{Anchors: ecdsaSigner(t).chain[2:], Time: now}, pades.Indeterminate,
			pades.NoCertificateChain},
		{"expired since", good, now, pades.Trust{Anchors: anchors, Time: now.AddDate(3, 0, 0)}, pades.Indeterminate,
			pades.OutOfBoundsNoPOE},
		{"not valid yet", good, now, pades.Trust{Anchors: anchors, Time: now.AddDate(0, -1, 0)}, pades.Indeterminate,
			pades.NotYetValid},
		{"claims a time before the certificate", good, now.AddDate(-1, 0, 0), pades.Trust{Anchors: anchors, Time: now},
			pades.Indeterminate, pades.OutOfBoundsNoPOE},
		{"claims a time after the certificate", good, now.AddDate(3, 0, 0), pades.Trust{Anchors: anchors, Time: now},
			pades.Indeterminate, pades.OutOfBoundsNoPOE},
		{"claims the future", good, now.Add(time.Hour), pades.Trust{Anchors: anchors, Time: now}, pades.Indeterminate,
			pades.SigConstraintsFailure},
		{"clock a little ahead", good, now.Add(4 * time.Minute), pades.Trust{Anchors: anchors, Time: now},
			pades.TotalPassed, ""},
		{"key usage of encryption", issue(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), now,
			pades.Trust{Anchors: anchors, Time: now}, pades.Indeterminate, pades.ChainConstraintsFailure},
		{"no key usage", issue(func(c *x509.Certificate) { c.KeyUsage = 0 }), now,
			pades.Trust{Anchors: anchors, Time: now}, pades.TotalPassed, ""},
		{"non-repudiation alone", issue(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), now,
			pades.Trust{Anchors: anchors, Time: now}, pades.TotalPassed, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed := test.signer.sign(t, pdftest.Sample(0), pades.Options{Time: test.signedAt})
			got := verified(t, signed, test.trust)[0]
			if got.Indication != test.indication || got.SubIndication != test.sub {
				t.Errorf("got %s %s (%s), want %s %s", got.Indication, got.SubIndication, got.Detail, test.indication,
					test.sub)
			}
		})
	}
}

func TestUnsignedDocument(t *testing.T) {
	t.Parallel()
	if found := verified(t, pdftest.Sample(0), pades.Trust{Time: time.Now()}); len(found) != 0 || found == nil {
		t.Errorf("got %#v, want an empty list", found)
	}
	if found, err := verify.VerifyFrom(t.Context(), bytes.NewReader(pdftest.Sample(0)), 0,
		pades.Trust{Time: time.Now()}); err != nil || len(found) != 0 {
		t.Errorf("got %#v %v, want nothing", found, err)
	}
}
