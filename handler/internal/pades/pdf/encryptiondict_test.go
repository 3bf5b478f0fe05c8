package pdf_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// dictionaryOf returns the encryption dictionary of an encrypted file, which is object 6.
func dictionaryOf(t *testing.T, file []byte) string {
	t.Helper()
	_, dict, found := strings.Cut(string(file), "6 0 obj\n")
	dict, _, ended := strings.Cut(dict, "\nendobj")
	if !found || !ended {
		t.Fatal("got no encryption dictionary")
	}
	return dict
}

// many returns dictionary entries with the same value.
func many(prefix string, count int, value string) string {
	var all strings.Builder
	for i := range count {
		fmt.Fprintf(&all, "/%s%d %s", prefix, i, value)
	}
	return all.String()
}

// If a dictionary leads to a large object many times, opening costs little or ends at a limit.
func TestEncryptionDictionaryIsCounted(t *testing.T) {
	const large = 2000
	const valid = "/Filter /Standard /V 4 /R 4 /Length 128 /P -1 /O (12345678901234567890123456789012) " +
		"/U (12345678901234567890123456789012) /StmF /Std "
	const std = "/Std << /CFM /V2 >> "
	entries, text := "<<"+many("b", large, "1")+">>", "("+strings.Repeat("\x01", 256<<10)+")"
	const read = "/O 4 0 R /U 4 0 R /OE 4 0 R /UE 4 0 R /Perms 4 0 R /Length 4 0 R /P 4 0 R /R 4 0 R /EFF 4 0 R "
	for name, test := range map[string]struct {
		object, dict string
		fault        pdf.ErrorKind
	}{
		"entries nobody reads": {entries, "/Filter /Standard /V 4 " + many("a", large, "4 0 R"), pdf.Encrypted},
		"entries beside good ones": {entries, valid + "/CF << " + std + ">> " + many("a", large, "4 0 R"),
			pdf.PasswordNeeded},
		"a foreign handler": {entries, "/Filter /Other " + many("a", large, "4 0 R"), pdf.Encrypted},
		"as many crypt filters as may be": {entries, valid + "/CF << " + std + many("a", 63, "4 0 R") + " >>",
			pdf.PasswordNeeded},
		"a crypt filter more": {entries, valid + "/CF << " + std + many("a", 64, "4 0 R") + " >>", pdf.TooComplex},
		"a large crypt filter": {entries, valid + "/CF << " + std + "/A << " + many("a", large, "4 0 R") + " >> >>",
			pdf.PasswordNeeded},
		"a long text, many times": {text, "/Filter /Standard /V 4 " + read, pdf.TooComplex},
		"a dictionary for a text": {entries, "/Filter /Standard /V 4 " + read, pdf.Encrypted},
	} {
		doc := pdftest.File{Objects: append(pdftest.Pages(1, ""), test.object, "<< "+test.dict+" >>"),
			Trailer: "/Encrypt 5 0 R"}.Bytes()
		b := budget.New(budget.Limits{Memory: 4 << 20, Work: 64 << 20}, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := pdf.Open(budget.With(t.Context(), b), bytes.NewReader(doc), pdf.Limits{})
		runtime.ReadMemStats(&after)
		t.Run(name, func(t *testing.T) { wantFault(t, err, test.fault) })
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%s: got %d bytes allocated, want at most 8 MiB", name, took)
		}
		if b.Spent() > 4<<20 {
			t.Errorf("%s: got %d units spent, want at most 4 Mi", name, b.Spent())
		}
	}
}

// Each entry of the dictionary is charged, in addition to the cost of reading it.
func TestEncryptionDictionaryIsPaidFor(t *testing.T) {
	t.Parallel()
	file := pdftest.File{Objects: append(pdftest.Pages(1, ""),
		"<< /Filter /Standard /V 4 "+many("a", 20_000, "4 0 R")+" >>")}
	plain := open(t, file.Bytes())
	if _, err := plain.Dict(pdf.Ref{Number: 4}); err != nil {
		t.Fatal(err)
	}
	file.Trailer = "/Encrypt 4 0 R"
	for beside, want := range map[int64]pdf.ErrorKind{100_000: pdf.TooComplex, 10_000_000: pdf.Encrypted} {
		_, err := pdf.Open(t.Context(), bytes.NewReader(file.Bytes()), pdf.Limits{Work: plain.Spent() + beside})
		wantFault(t, err, want)
	}
}

// The encryption dictionary must not be in encrypted data. An object stream that is read before the
// key is known would be used undecrypted, while other readers may decrypt it.
func TestEncryptionNeedsNoObjectStream(t *testing.T) {
	t.Parallel()
	const cf, encrypt = "/CF << /StdCF << /CFM /AESV3 >> >>", "/Encrypt 5 0 R"
	e := pdftest.Encryption{Revision: 6, Filters: cf + " /StmF /StdCF /StrF /StdCF"}
	dict := dictionaryOf(t, encryptedFile(e, false))
	if !strings.Contains(dict, cf) {
		t.Fatalf("got %s, want %s in it", dict, cf)
	}
	indirect := func(to string) string { return strings.Replace(dict, cf, to, 1) }
	for name, test := range map[string]struct {
		dict, trailer string
		opens         bool
	}{
		"all in place":                         {dict, encrypt, true},
		"filters in an object":                 {indirect("/CF 7 0 R"), encrypt, true},
		"a filter in an object":                {indirect("/CF << /StdCF 8 0 R >>"), encrypt, true},
		"a method in an object":                {indirect("/CF << /StdCF << /CFM 10 0 R >> >>"), encrypt, true},
		"filters in an object stream":          {indirect("/CF 20 0 R"), encrypt, false},
		"a filter in an object stream":         {indirect("/CF << /StdCF 21 0 R >>"), encrypt, false},
		"a method in an object stream":         {indirect("/CF << /StdCF << /CFM 23 0 R >> >>"), encrypt, false},
		"filters behind a reference":           {indirect("/CF 6 0 R"), encrypt, false},
		"filters that are ambiguous":           {indirect("/CF 11 0 R"), encrypt, false},
		"filters that are an array":            {indirect("/CF [1]"), encrypt, false},
		"an entry behind a reference":          {indirect(cf + " /EncryptMetadata 14 0 R"), encrypt, false},
		"the dictionary in an object stream":   {dict, "/Encrypt 24 0 R", false},
		"the dictionary behind a reference":    {dict, "/Encrypt 9 0 R", false},
		"an identifier in an object":           {dict, encrypt + " /ID 12 0 R", true},
		"identifiers in an object stream":      {dict, encrypt + " /ID 22 0 R", false},
		"an identifier in an object stream":    {dict, encrypt + " /ID [25 0 R ()]", false},
		"an identifier of another type":        {dict, encrypt + " /ID /None", true},
		"an entry that nobody reads, anywhere": {indirect(cf + " /Note 20 0 R"), encrypt, true},
	} {
		b := newBuilder()
		b.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
		b.object(2, "<< /Type /Pages /Count 0 /Kids [] >>")
		b.object(5, test.dict)
		b.object(6, "20 0 R")
		b.object(7, "<< /StdCF << /CFM /AESV3 >> >>")
		b.object(8, "<< /CFM /AESV3 >>")
		b.object(9, "24 0 R")
		b.object(10, "/AESV3")
		b.object(11, "<< /StdCF << /CFM /V2 >> /StdCF << /CFM /AESV3 >> >>")
		b.object(12, "[(one) (two)]")
		b.object(14, "10 0 R")
		b.objectStream(13, 20, "<< /StdCF << /CFM /AESV3 >> >>", "<< /CFM /AESV3 >>", "[(one) (two)]", "/AESV3", dict,
			"(one)")
		f, err := pdf.Open(t.Context(), bytes.NewReader(b.xrefStream(test.trailer).Bytes()), pdf.Limits{})
		t.Run(name, func(t *testing.T) {
			if !test.opens {
				wantFault(t, err, pdf.Encrypted)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if object, err := f.Object(pdf.Ref{Number: 20}); err == nil {
				t.Errorf("got %v from an object stream that is not encrypted, want an error", object)
			}
		})
	}
}

// An object that was read before the key was known is read again, and decrypted, when it is asked
// for later.
func TestObjectsReadBeforeTheKey(t *testing.T) {
	t.Parallel()
	const filters = "/CF 6 0 R /StmF /StdCF /StrF /StdCF"
	file := encryptedFile(pdftest.Encryption{Revision: 6, Filters: filters}, false,
		"<< /StdCF << /CFM /AESV3 >> /Other << /Text (plain text) >> >>")
	dict, err := open(t, file).Dict(pdf.Ref{Number: 6})
	if err != nil {
		t.Fatal(err)
	}
	other, _ := dict["Other"].(pdf.Dict)
	if text, _ := other["Text"].(pdf.String); string(text) != "plain text" {
		t.Errorf("got %q, want the text in clear", text)
	}
}

// Every change of an encryption dictionary changes the encryption, even a change in an entry that
// is not read.
func TestSameEncryption(t *testing.T) {
	t.Parallel()
	file := string(encryptedFile(pdftest.Encryption{Revision: 6}, false))
	dict := dictionaryOf(t, []byte(file))
	_, start, _ := strings.Cut(file[strings.LastIndex(file, "startxref"):], "\n")
	start, _, _ = strings.Cut(start, "\n")
	for name, test := range map[string]struct {
		more string
		same bool
	}{
		"as it was":             {"", true},
		"a null":                {" /Note null /EFF 99 0 R ", true},
		"an entry nobody reads": {" /Note 1 ", false},
		"a sub-filter":          {" /SubFilter /Other ", false},
	} {
		changed := strings.TrimSuffix(dict, ">>") + test.more + ">>"
		added := fmt.Sprintf("6 0 obj\n%s\nendobj\n", changed)
		both := fmt.Sprintf("%s%sxref\n6 1\n%010d 00000 n \ntrailer\n"+
			"<< /Root 1 0 R /Size 7 /Prev %s /Encrypt 6 0 R >>\nstartxref\n%d\n%%%%EOF\n", file, added, len(file),
			start, len(file)+len(added))
		newest := open(t, []byte(both))
		old, err := newest.Revision(t.Context(), int64(len(file)), 1<<24)
		if err != nil {
			t.Fatal(err)
		}
		if got := newest.SameEncryption(old); got != test.same {
			t.Errorf("%s: got the same encryption = %v, want %v", name, got, test.same)
		}
	}
}

// Two revisions have the same encryption if they have the same dictionary in an object of the same
// number. They must also have the same file identifier, unless the key does not come from it.
func TestSameEncryptionOfAFile(t *testing.T) {
	t.Parallel()
	const own, other = "<00112233445566778899AABBCCDDEEFF>", "<FF112233445566778899AABBCCDDEEFF>"
	for _, test := range []struct {
		name         string
		revision     int
		id           string
		number       int
		opens, alike bool
	}{
		{"the same", 4, own, 6, true, true},
		{"the same, with a key of its own", 6, own, 6, true, true},
		{"another identifier", 4, other, 6, false, false},
		{"another identifier, with a key of its own", 6, other, 6, true, true},
		{"another object", 6, own, 7, true, false},
	} {
		file := encryptedFile(pdftest.Encryption{Revision: test.revision}, false)
		dict := dictionaryOf(t, file)
		if test.number != 6 {
			file = updated(file, 7, dict, "/Encrypt 6 0 R /ID ["+own+own+"]")
		}
		middle := updated(file, 8, "1", fmt.Sprintf("/Encrypt %d 0 R /ID [%s%s]", test.number, test.id, own))
		newest := open(t, updated(middle, 8, "2", "/Encrypt 6 0 R /ID ["+own+own+"]"))
		old, err := newest.Revision(t.Context(), int64(len(middle)), 1<<24)
		if (err == nil) != test.opens {
			t.Errorf("%s: got %v, want it to open: %v", test.name, err, test.opens)
		}
		if err == nil && newest.SameEncryption(old) != test.alike {
			t.Errorf("%s: got the same encryption = %v, want %v", test.name, !test.alike, test.alike)
		}
	}
}

// updated appends an update of one object. The trailer of the update has the entries.
func updated(file []byte, number int, object, entries string) []byte {
	_, start, _ := strings.Cut(string(file[bytes.LastIndex(file, []byte("startxref")):]), "\n")
	start, _, _ = strings.Cut(start, "\n")
	out := fmt.Appendf(bytes.Clone(file), "%d 0 obj\n%s\nendobj\n", number, object)
	return fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Root 1 0 R /Size 9 /Prev %s %s >>\nstartxref\n"+
		"%d\n%%%%EOF\n", number, len(file), start, entries, len(out))
}
