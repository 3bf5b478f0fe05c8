package pades_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// A bound of this verifier is never a reason for a negative verdict. If a document reaches a bound,
// the result is an error that names the bound, or LIMIT_REACHED for the signatures that it
// concerns. The result is never that they failed, that the document is damaged or changed, or that
// they do not cover it. Package chain tests the bounds of a chain and of validation data, and
// package cms those of CMS.
func TestBoundsAreNoVerdicts(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	inForm := func(fields string) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			return s.byHand(t, payment(resources+"/Contents 4 0 R",
				"/AcroForm << /Fields [<< /FT /Sig /T (s) /V 6 0 R >> "+fields+"] >>"), "")
		}
	}
	withEntries := func(entries string) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			return s.byHand(t, payment(resources+"/Contents 4 0 R",
				"/AcroForm << /Fields [<< /FT /Sig /T (s) /V 7 0 R >> 6 0 R] >>", "<< /FT /Tx /T (amount) >>"), entries)
		}
	}
	filled := func(make func(*testing.T) []byte) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			return appendix(t, make(t), fillAmount)
		}
	}
	nested := func(t *testing.T) []byte {
		objects := []string{"<< /FT /Sig /T (s) /V 73 0 R >>"}
		for level := range 66 {
			objects = append(objects, fmt.Sprintf("<< /T (a) /Kids [%d 0 R] >>", level+8))
		}
		return s.byHand(t, payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R 7 0 R] >>", objects...),
			"")
	}
	const nested33 = 33 // properties within each other
	packet := func(date string) []byte {
		return []byte("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='urn:e' " +
			"xmlns:xmp='http://ns.adobe.com/xap/1.0/'><rdf:Description xmp:ModifyDate='" + date + "'>" +
			strings.Repeat("<e:s rdf:parseType='Resource'>", nested33) + strings.Repeat("</e:s>", nested33) +
			"</rdf:Description></rdf:RDF>")
	}
	dated := func(t *testing.T) []byte {
		signed := s.byHand(t, payment(resources+"/Contents 4 0 R",
			"/Metadata 6 0 R /AcroForm << /Fields [<< /FT /Sig /T (s) /V 7 0 R >>] >>",
			pdftest.Stream("", string(packet("1")))), "")
		return appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
			u.Set(number(6), pdf.NewStream(pdf.Dict{}, packet("2")))
		})
	}
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	withDeep := func(field, entries string, more ...string) func(*testing.T) []byte { // object 6 is deep
		return func(t *testing.T) []byte {
			return s.byHand(t, payment(resources+"/Contents 4 0 R", fmt.Sprintf(
				"/AcroForm << /Fields [<< /FT /Sig /T (s) /V %d 0 R >> %s] >>", 7+len(more), field),
				append([]string{deep}, more...)...), entries)
		}
	}
	longName := func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(1), pdf.Dict{"AcroForm": pdf.Dict{"Fields": pdf.Array{
			pdf.Dict{"FT": pdf.Name("Sig"), "T": pdf.Text("s"), "V": number(6)},
			pdf.Dict{"FT": pdf.Name("Tx"), "T": pdf.Text(strings.Repeat("a", 4097))}}}})
	}
	lock := "<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(b)] >> >>"
	names := "<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [" +
		strings.Repeat("(b)", 10_001) + "] >> >>"
	now, expired := time.Now(), s.chain[0].NotAfter.Add(time.Hour)
	limits := reported(t, s.sign(t, pdftest.Sample(0), pades.Options{}), s.trust()).Limits
	for _, test := range []struct {
		name     string
		document func(t *testing.T) []byte
		at       time.Time
		limit    string // in the detail of the problem or of the signature; "" = the bound does not matter
	}{
		{"signatures", inForm(strings.Repeat("<< /FT /Sig /T (x) /V 6 0 R >>", 200)), now, "200 signatures"},
		{"fields", inForm(strings.Repeat("<</T(a)>>", 100_001)), now, "24 MiB of memory"},
		{"levels of fields", nested, now, "64 levels"},
		{"levels of objects", inForm("<< /T (a) /X " + strings.Repeat("[", 101) + strings.Repeat("]", 101) + " >>"),
			now, "100 deep"},
		{"a long name of a field", inForm("<< /T (" + strings.Repeat("a", 4097) + ") >>"), now, "4096 bytes"},
		{"many names of fields",
			inForm("<< /T (" + strings.Repeat("a", 4000) + ") /Kids [" + strings.Repeat("<</T(a)>>", 2100) + "] >>"),
			now, "8388608 bytes of names"},
		{"a long key in the signature dictionary", withEntries("/" + strings.Repeat("A", 5000) + " 1"), now,
			"4096 bytes"},
		{"revisions", func(t *testing.T) []byte { return manyRevisions(inForm("")(t), 1001) }, now, "1000 revisions"},
		{"timestamps", func(t *testing.T) []byte { return withTimestamps(t, inForm("")(t), 17) }, expired,
			"16 timestamps"},
		{"timestamps, which do not matter", func(t *testing.T) []byte { return withTimestamps(t, inForm("")(t), 17) },
			now, ""},
		{"locks", filled(withEntries("/Reference [" + strings.Repeat(lock, 201) + "]")), now, "200 locks"},
		{"locks, which do not matter", withEntries("/Reference [" + strings.Repeat(lock, 201) + "]"), now, ""},
		{"levels of a touched field", func(t *testing.T) []byte {
			return appendix(t, s.byHand(t, payment(resources+"/Contents 4 0 R",
				"/AcroForm << /Fields [<< /FT /Sig /T (s) /V 7 0 R >> 6 0 R] >>",
				"<< /FT /Tx /T ("+strings.Repeat("a.", 65)+"a) >>"), "/Reference ["+lock+"]"), fillAmount)
		}, now, "64 levels"},
		{"a name of a field in a later revision",
			func(t *testing.T) []byte { return appendix(t, inForm("")(t), longName) }, now, "4096 bytes"},
		{"levels of an entry that describes the signature", withDeep("", "/Reason 6 0 R"), now, "100 deep"},
		{"levels of /ByteRange", withDeep("<< /FT /Sig /T (t) /V 7 0 R >>", "",
			"<< /Type /Sig /ByteRange 6 0 R /Contents <00> >>"), now, "100 deep"},
		{"metadata", dated, now, "nested more than 32 deep"},
		{"locked names", filled(withEntries("/Reference [" + names + "]")), now, "10000 names"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checkReportedLimit(t, limits, test.limit)
			trust := s.trust()
			trust.Time = test.at
			report, err := verify.Verify(t.Context(), bytes.NewReader(test.document(t)), trust)
			if err != nil {
				if limit := pades.LimitOf(err); limit == nil || test.limit == "" ||
					!strings.Contains(limit.Detail, test.limit) {
					t.Errorf("got %v, want a problem that names %q", err, test.limit)
				}
				return
			}
			got := report.Signatures[0]
			if test.limit == "" {
				if got.Indication != pades.TotalPassed {
					t.Errorf("got %+v, want it to pass", got)
				}
				return
			}
			if got.Indication != pades.Indeterminate || got.SubIndication != pades.LimitReached ||
				!strings.Contains(got.Detail, test.limit) {
				t.Errorf("got %s %s (%s), want %s and %q", got.Indication, got.SubIndication, got.Detail,
					pades.LimitReached, test.limit)
			}
			if got.Integrity == pades.IntegrityBroken || got.ChangesAfter == pades.ChangeOther ||
				got.ForbiddenRevisions != nil {
				t.Errorf("got %+v, want nothing claimed that was not found out", got)
			}
		})
	}
}

// checkReportedLimit checks that a report lists a limit that a problem or a verdict names.
func checkReportedLimit(t *testing.T, limits map[string]int64, named string) {
	t.Helper()
	for word := range strings.FieldsSeq(named) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			continue
		}
		if strings.Contains(named, "MiB") {
			n <<= 20
		}
		if !slices.Contains(slices.Collect(maps.Values(limits)), n) {
			t.Errorf("got no limit of %d in %v", n, limits)
		}
	}
}

// For a signature that was not evaluated, the report claims only what its /ByteRange shows.
func TestWhatIsNotEvaluatedClaimsNothing(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	unknown := func(document []byte) []byte {
		return replaceInLast(t, document, "/ETSI.CAdES.detached", "/ABCD.CAdES.detached")
	}
	more := func(document []byte) []byte {
		return appendix(t, document,
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(1), pdf.Dict{"DSS": pdf.Dict{}}) })
	}
	garbled := bytes.Clone(signed)
	garbled[verified(t, signed, s.trust())[0].ByteRange[1]+1] = 'f'
	shifted := replaceInLast(t, unknown(signed), "/ByteRange [0 ", "/ByteRange [1 ")
	yes, no := new(true), new(false)
	for name, test := range map[string]struct {
		document  []byte
		integrity pades.Integrity
		covers    *bool
		changes   pades.Change
	}{
		"another format": {unknown(signed), pades.IntegrityNotEvaluated, yes, pades.ChangeNone},
		"another format, and more behind": {more(unknown(signed)), pades.IntegrityNotEvaluated, no,
			pades.ChangeDSS},
		"another format with a gap elsewhere": {shifted, pades.IntegrityNotEvaluated, nil, pades.ChangeNotEvaluated},
		"a broken CMS":                        {garbled, pades.IntegrityBroken, nil, pades.ChangeNotEvaluated},
		"a broken CMS, and more behind":       {more(garbled), pades.IntegrityBroken, nil, pades.ChangeNotEvaluated},
		"one that holds":                      {more(signed), pades.IntegrityIntact, no, pades.ChangeDSS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := verified(t, test.document, s.trust())[0]
			if got.Integrity != test.integrity || got.ChangesAfter != test.changes ||
				(got.CoversWholeDocument == nil) != (test.covers == nil) ||
				test.covers != nil && *test.covers != *got.CoversWholeDocument {
				t.Errorf("got %+v", got)
			}
			if intact := test.integrity == pades.IntegrityIntact; got.BestSignatureTime.IsZero() == intact ||
				(got.Trust != pades.SignerTrustNotEvaluated) != intact {
				t.Errorf("got %v and %q, want a time and trust of what is intact alone", got.BestSignatureTime,
					got.Trust)
			}
		})
	}
}

// manyRevisions appends empty updates.
func manyRevisions(document []byte, count int) []byte {
	previous := bytes.LastIndex(document, []byte("xref\n0 "))
	for range count {
		at := len(document)
		document = fmt.Appendf(document,
			"xref\n0 0\ntrailer\n<< /Size 7 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", previous, at)
		previous = at
	}
	return document
}

// withTimestamps puts timestamps that cannot be read into the signature of a document.
func withTimestamps(t *testing.T, document []byte, count int) []byte {
	t.Helper()
	start := bytes.LastIndex(document, []byte("/Contents <")) + len("/Contents <")
	end := start + bytes.IndexByte(document[start:], '>')
	padded, err := hex.DecodeString(string(document[start:end]))
	if err != nil {
		t.Fatal(err)
	}
	der, err := trimmed(padded)
	if err != nil {
		t.Fatal(err)
	}
	for i := range count {
		if der, err = cms.WithUnsignedAttribute(der, cms.OIDSignatureTimestamp, []byte{4, 1, byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	text := hex.EncodeToString(der)
	return slices.Concat(document[:start], []byte(text+strings.Repeat("0", end-start-len(text))), document[end:])
}
