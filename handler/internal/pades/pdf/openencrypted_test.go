package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// encryptedFile has a string in object 4 and a stream in object 5.
func encryptedFile(e pdftest.Encryption, streams bool, more ...string) []byte {
	objects := append(pdftest.Pages(1, ""), "<< /Text (plain text) /List [(of) << /Nested <6f6e65> >>] /Empty () >>",
		pdftest.Stream("/Text (of a stream)", "data of a stream"))
	return pdftest.File{Objects: append(objects, more...), Streams: streams, Encryption: &e}.Bytes()
}

func decodedOf(t *testing.T, f *pdf.File, number int) string {
	t.Helper()
	stream, err := f.Stream(pdf.Ref{Number: number})
	if err != nil {
		t.Fatal(err)
	}
	data, err := f.Decode(stream)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEncryptedObjects(t *testing.T) {
	t.Parallel()
	for _, e := range []pdftest.Encryption{{Revision: 2}, {Revision: 3}, {Revision: 4}, {Revision: 4, AES: true},
		{Revision: 5}, {Revision: 6}} {
		for _, streams := range []bool{false, true} {
			f := open(t, encryptedFile(e, streams))
			dict, err := f.Dict(pdf.Ref{Number: 4})
			if err != nil {
				t.Fatal(err)
			}
			written, _ := pdf.Append(nil, dict)
			if want := "<</Empty () /List [(of) <</Nested (one)>>] /Text " +
				"(plain text)>>"; bare(string(written)) != bare(want) {
				t.Errorf("R %d, streams %v: got %s, want %s", e.Revision, streams, written, want)
			}
			if got := decodedOf(t, f, 5); got != "data of a stream" {
				t.Errorf("R %d, streams %v: got %q, want the data", e.Revision, streams, got)
			}
			stream, err := f.Stream(pdf.Ref{Number: 5})
			if err != nil || string(stream.Dict["Text"].(pdf.String)) != "of a stream" {
				t.Errorf("R %d: got %v %v, want the strings of a stream's dictionary", e.Revision, stream, err)
			}
			raw, err := f.Raw(stream)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := io.ReadAll(raw); err != nil || bytes.Contains(data, []byte("data")) {
				t.Errorf("R %d: got raw data %q (%v), want them as they are in the file", e.Revision, data, err)
			}
		}
	}
}

func bare(text string) string { return strings.ReplaceAll(text, " ", "") }

// Appended objects read as they were written, whatever is encrypted and how, and all other objects
// stay as they were.
func TestEncryptedUpdate(t *testing.T) {
	t.Parallel()
	for _, e := range []pdftest.Encryption{
		{Revision: 2}, {Revision: 3, Length: 64}, {Revision: 4}, {Revision: 4, AES: true, PlainMetadata: true},
		{Revision: 5}, {Revision: 6, PlainMetadata: true},
		{Revision: 6, Owner: "owner", Permissions: -3904},
	} {
		for _, streams := range []bool{false, true} {
			before := encryptedFile(e, streams)
			f := open(t, before)
			u := f.NewUpdate()
			moved, err := f.Stream(pdf.Ref{Number: 5})
			if err != nil {
				t.Fatal(err)
			}
			copied := u.Add(moved)
			metadata := u.Add(pdf.NewStream(pdf.Dict{"Type": pdf.Name("Metadata")}, []byte("metadata text")))
			plain := pdf.Ref{}
			if e.Revision >= 4 { // crypt filters are younger than the others
				plain = u.Add(pdf.NewStream(pdf.Dict{"Filter": pdf.Name("Crypt")}, []byte("identity text")))
			}
			hole := &pdf.Hole{Text: []byte("<C0FFEE>")}
			signature := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "Contents": hole, "Reason": pdf.String("reason text"),
				"ByteRange": pdf.Array{}})
			u.Set(pdf.Ref{Number: 4}, pdf.Dict{"Text": pdf.String("changed text")})
			increment, err := u.Bytes(nil)
			if err != nil {
				t.Fatal(err)
			}
			for text, shown := range map[string]bool{
				"data of a stream": false, "reason text": false, "changed text": false,
				"metadata text": e.PlainMetadata, "C0FFEE": true,
				"identity text": e.Revision >= 4,
			} {
				if bytes.Contains(increment, []byte(text)) != shown {
					t.Errorf("R %d: %q is in the increment = %v, want %v", e.Revision, text, !shown, shown)
				}
			}
			g := open(t, slices.Concat(before, increment))
			if !slices.Equal(firstID(t, f), firstID(t, g)) || !g.SameEncryption(g) {
				t.Errorf("R %d: got another first half of /ID, want it kept", e.Revision)
			}
			for ref, want := range map[pdf.Ref]string{copied: "data of a stream", metadata: "metadata text"} {
				if got := decodedOf(t, g, ref.Number); got != want {
					t.Errorf("R %d: got %q, want %q", e.Revision, got, want)
				}
			}
			if e.Revision >= 4 && decodedOf(t, g, plain.Number) != "identity text" {
				t.Errorf("R %d: got another text for the filter Identity", e.Revision)
			}
			dict, err := g.Dict(signature)
			if err != nil || string(dict["Contents"].(pdf.String)) != "\xc0\xff\xee" ||
				string(dict["Reason"].(pdf.String)) != "reason text" {
				t.Errorf("R %d: got %v %v, want /Contents as it is and the reason", e.Revision, dict, err)
			}
			changed, err := g.Dict(pdf.Ref{Number: 4})
			if err != nil || string(changed["Text"].(pdf.String)) != "changed text" {
				t.Errorf("R %d: got %v %v, want the changed text", e.Revision, changed, err)
			}
		}
	}
}

func firstID(t *testing.T, f *pdf.File) pdf.String {
	t.Helper()
	ids, err := f.Array(f.Trailer()["ID"])
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) == 0 {
		return nil
	}
	id, _ := ids[0].(pdf.String)
	return id
}

// Equal inputs give equal increments, with encryption as without.
func TestEncryptedUpdateIsRepeatable(t *testing.T) {
	t.Parallel()
	file := encryptedFile(pdftest.Encryption{Revision: 6}, false)
	var all [][]byte
	for range 2 {
		u := open(t, file).NewUpdate()
		u.Add(pdf.Dict{"A": pdf.String("text"), "B": pdf.String("text")})
		increment, err := u.Bytes(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, increment)
	}
	if !bytes.Equal(all[0], all[1]) {
		t.Error("got two increments, want the same twice")
	}
}

func TestCryptFilters(t *testing.T) {
	t.Parallel()
	const two = "/CF << /StdCF << /CFM /AESV3 >> /Same << /CFM /AESV3 >> /Old << /CFM /V2 >> /Odd << /CFM " +
		"/None >> >> " +
		"/StmF /StdCF /StrF /StdCF"
	for name, test := range map[string]struct {
		stream string // its dictionary, and data that pdftest encrypts unless it names a filter
		want   string // "" = an error of Kind Damaged or Encrypted
	}{
		"the default": {pdftest.Stream("", "data"), "data"},
		"Identity": {pdftest.Stream("/Filter /Crypt /DecodeParms << /Name /Identity >>", "data"),
			"data"},
		"Identity by default": {pdftest.Stream("/Filter [/Crypt]", "data"), "data"},
		"Identity, with a filter": {
			pdftest.Stream("/Filter [/Crypt /ASCIIHexDecode] /DecodeParms [<< /Name /Identity >> null]", "64617461>"),
			"data"},
		"one that is not there":      {pdftest.Stream("/Filter /Crypt /DecodeParms << /Name /Nobody >>", "data"), ""},
		"one without a method":       {pdftest.Stream("/Filter /Crypt /DecodeParms << /Name /Odd >>", "data"), ""},
		"one of an older version":    {pdftest.Stream("/Filter /Crypt /DecodeParms << /Name /Old >>", "data"), ""},
		"data that are not its own":  {pdftest.Stream("/Filter /Crypt /DecodeParms << /Name /Same >>", "data"), ""},
		"one that is not the first":  {pdftest.Stream("/Filter [/ASCIIHexDecode /Crypt]", "data"), ""},
		"metadata that are a secret": {pdftest.Stream("/Type /Metadata", "data"), "data"},
	} {
		f := open(t, encryptedFile(pdftest.Encryption{Revision: 6, Filters: two}, false,
			strings.Replace(test.stream, "/Filter [/ASCIIHexDecode /Crypt]", "/Filter [ /ASCIIHexDecode /Crypt]", 1)))
		stream, err := f.Stream(pdf.Ref{Number: 6})
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Decode(stream)
		fault, ofDocument := errors.AsType[*pdf.Error](err)
		switch {
		case test.want != "" && (err != nil || string(data) != test.want):
			t.Errorf("%s: got %q %v, want %q", name, data, err, test.want)
		case test.want == "" && (!ofDocument || fault.Kind != pdf.Damaged && fault.Kind != pdf.Encrypted):
			t.Errorf("%s: got %q %v, want a fault of the document", name, data, err)
		}
	}
}

// If only embedded files are encrypted, all other objects need no password.
func TestEncryptedAttachmentsAlone(t *testing.T) {
	t.Parallel()
	const filters = "/CF << /StdCF << /CFM /AESV3 /AuthEvent /EFOpen >> >> /StmF /Identity /StrF /Identity /EFF /StdCF"
	e := pdftest.Encryption{Revision: 6, User: "secret", Owner: "owner", Filters: filters, Permissions: -3904}
	file := pdftest.File{Encryption: &e,
		Objects: append(pdftest.Pages(1, ""), pdftest.Stream("/Filter /Crypt", "shown"),
			pdftest.Stream("/Type /EmbeddedFile", "attached"))}.Bytes()
	f := open(t, file)
	if got := decodedOf(t, f, 4); got != "shown" || f.Rights().MaySign() {
		t.Errorf("got %q and the rights %v, want what is shown and no rights", got, f.Rights())
	}
	stream, err := f.Stream(pdf.Ref{Number: 5})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Decode(stream)
	wantFault(t, err, pdf.PasswordNeeded)
	f, err = pdf.Open(pdf.WithPassword(t.Context(), "secret"), bytes.NewReader(file), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := decodedOf(t, f, 5); got != "attached" {
		t.Errorf("got %q, want the attachment", got)
	}
}

// The dictionary is in the trailer, or one of its entries is an object of its own.
func TestWhereTheDictionaryIs(t *testing.T) {
	t.Parallel()
	file := string(encryptedFile(pdftest.Encryption{Revision: 6}, false))
	_, dict, _ := strings.Cut(file, "6 0 obj\n")
	dict, _, _ = strings.Cut(dict, "\nendobj")
	for name, test := range map[string]struct{ old, new string }{
		"in the trailer": {"/Encrypt 6 0 R", "/Encrypt " + dict},
		"by itself":      {"/Encrypt 6 0 R", "/Encrypt 6 0 R /Extra (x)"},
	} {
		f := open(t, []byte(strings.Replace(file, test.old, test.new, 1)))
		if got := decodedOf(t, f, 5); got != "data of a stream" {
			t.Errorf("%s: got %q, want the data", name, got)
		}
		u := f.NewUpdate()
		added := u.Add(pdf.Dict{"A": pdf.String("a text")})
		increment, err := u.Bytes(nil)
		if err != nil {
			t.Fatal(err)
		}
		g := open(t, []byte(strings.Replace(file, test.old, test.new, 1)+string(increment)))
		if one, err := g.Dict(added); err != nil || string(one["A"].(pdf.String)) != "a text" || !g.Encrypted() {
			t.Errorf("%s: got %v %v, want the text in an encrypted document", name, one, err)
		}
	}
	ambiguous := strings.Replace(file, "/Length 256", "/P -1      ", 1)
	_, err := pdf.Open(t.Context(), strings.NewReader(ambiguous), pdf.Limits{})
	wantFault(t, err, pdf.Encrypted)
}

// A document whose cross-references are lost is rebuilt with its encryption.
func TestEncryptedRebuild(t *testing.T) {
	t.Parallel()
	for _, revision := range []int{2, 4, 6} {
		file := encryptedFile(pdftest.Encryption{Revision: revision}, false)
		at := bytes.LastIndex(file, []byte("startxref\n"))
		broken := append(bytes.Clone(file[:at]), "startxref\n7\n%%EOF\n"...)
		f, err := pdf.Rebuild(t.Context(), bytes.NewReader(broken), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := decodedOf(t, f, 5); got != "data of a stream" {
			t.Errorf("R %d: got %q, want the data", revision, got)
		}
		other := strings.Replace(string(broken), "trailer\n", "trailer\n<< /Root 1 0 R /Encrypt null >>\ntrailer\n", 1)
		_, err = pdf.Rebuild(t.Context(), strings.NewReader(other), pdf.Limits{})
		wantFault(t, err, pdf.Encrypted)
	}
}

// The work of decrypting is charged, and decryption does not start if it would need more work than
// is left.
func TestDecryptionIsCounted(t *testing.T) {
	t.Parallel()
	many := "[" + strings.Repeat("(text) ", 10_000) + "]"
	file := encryptedFile(pdftest.Encryption{Revision: 6}, false, many)
	for work, fits := range map[int64]bool{4 << 20: true, 1 << 20: false} {
		f, err := pdf.Open(t.Context(), bytes.NewReader(file), pdf.Limits{Work: work})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Array(pdf.Ref{Number: 6})
		if fits && err != nil {
			t.Errorf("got %v with %d units of work, want the array", err, work)
		}
		if !fits {
			wantFault(t, err, pdf.TooComplex)
		}
	}
	_, err := pdf.Open(context.Background(), bytes.NewReader(file), pdf.Limits{Work: 10_000})
	wantFault(t, err, pdf.TooComplex)
}

func FuzzEncryptedObjects(f *testing.F) {
	count := 0
	for _, e := range []pdftest.Encryption{{Revision: 2}, {Revision: 3}, {Revision: 4}, {Revision: 4, AES: true},
		{Revision: 5}, {Revision: 6, PlainMetadata: true}} {
		for _, streams := range []bool{false, true} {
			f.Add(encryptedFile(e, streams), "")
			count++
		}
	}
	if count < 12 {
		f.Fatalf("got %d seeds, want 12", count)
	}
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		file, err := pdf.Open(pdf.WithPassword(t.Context(), password), bytes.NewReader(data),
			pdf.Limits{Work: 16 << 20})
		if err != nil {
			return
		}
		u := file.NewUpdate()
		for number := range 8 {
			object, err := file.Object(pdf.Ref{Number: number})
			if stream, ok := object.(*pdf.Stream); ok && err == nil {
				_, _ = file.Decode(stream)
			}
		}
		added := u.Add(pdf.Dict{"A": pdf.String("a text"), "Contents": pdf.String("another")})
		increment, err := u.Bytes(nil)
		if err != nil {
			return
		}
		again, err := pdf.Open(pdf.WithPassword(t.Context(), password), bytes.NewReader(slices.Concat(data, increment)),
			pdf.Limits{Work: 64 << 20})
		if err != nil {
			t.Fatalf("got %v for what was appended to", err)
		}
		if dict, err := again.Dict(added); err != nil || string(dict["A"].(pdf.String)) != "a text" ||
			string(dict["Contents"].(pdf.String)) != "another" {
			t.Errorf("got %v %v, want what was written", dict, err)
		}
	})
}
