package pades_test

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// New data is merged into an existing store, however the store is laid out. Its entries stay, even
// unknown ones, and no value is stored twice.
func TestSecurityStoreIsMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	root := pdftest.Stream("", string(w.Root.Raw))
	other := pdftest.Stream("", "not a certificate")
	vri := "<< /0123456789ABCDEF0123456789ABCDEF01234567 << /Cert [5 0 R] >> >>"
	for name, layout := range map[string][]string{
		"direct":      {"/DSS << /Certs [4 0 R 5 0 R] /VRI " + vri + " /Other 7 >>", root, other},
		"a reference": {"/DSS 6 0 R", root, other, "<< /Certs [4 0 R 5 0 R] /VRI " + vri + " /Other 7 >>"},
		"arrays referenced": {"/DSS 6 0 R", root, other, "<< /Certs 7 0 R /VRI 8 0 R /Other 7 >>", "[4 0 R 5 0 R]",
			vri},
		"dangling": {"/DSS << /Certs [4 0 R 5 0 R 99 0 R] /OCSPs 98 0 R /CRLs 97 0 R /VRI " + vri + " /Other 7 >>",
			root, other},
		"in another array": {"/DSS << /Certs [4 0 R 5 0 R] /CRLs [6 0 R] /VRI " + vri + " /Other 7 >>", root, other,
			pdftest.Stream("", string(w.chain[0].Raw))},
		"deflated": {"/DSS << /Certs [4 0 R 5 0 R] /VRI " + vri + " /Other 7 >>", deflated(t, w.Root.Raw),
			other},
		"unreadable filter": {"/DSS << /Certs [4 0 R 5 0 R] /VRI " + vri + " /Other 7 >>", root,
			pdftest.Stream("/Filter /Nonsense", "x")},
	} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s streams=%v", name, streams), func(t *testing.T) {
				t.Parallel()
				document := pdftest.File{Objects: append(pdftest.Pages(1, layout[0]), layout[1:]...),
					Streams: streams}.Bytes()
				signed := w.sign(t, document, w.options(pades.LevelBLT))
				file, catalog := open(t, signed)
				dss, err := file.Dict(catalog["DSS"])
				if err != nil {
					t.Fatal(err)
				}
				if _, ref := catalog["DSS"].(pdf.Ref); !ref || dss["Other"] != pdf.Integer(7) {
					t.Errorf("got /DSS %v, want an object with what was there", catalog["DSS"])
				}
				certs, err := file.Array(dss["Certs"])
				if err != nil {
					t.Fatal(err)
				}
				kept := []pdf.Object{pdf.Ref{Number: 4}, pdf.Ref{Number: 5}}
				if len(certs) < 2 || !slices.Equal(certs[:2], kept) {
					t.Errorf("got /Certs %v, want it to begin with what was there", certs)
				}
				if got, want := len(certs), len(w.chain)+len(w.TSAChain())-1+1; name != "dangling" && got != want {
					t.Errorf("got %d certificates, want %d: the root was there", got, want)
				}
				related, err := file.Dict(dss["VRI"])
				if err != nil {
					t.Fatal(err)
				}
				if len(related) != 2 || related["0123456789ABCDEF0123456789ABCDEF01234567"] == nil ||
					related[seals(t, signed)[0].key()] == nil {
					t.Errorf("got /VRI %v, want the old entry and the new one", related)
				}
				w.checkSound(t, signed)
			})
		}
	}
}

func deflated(t *testing.T, data []byte) string {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return pdftest.Stream("/Filter /FlateDecode", out.String())
}

// The second signature shares the values that the first one stored, and does not change the entry
// of the first.
func TestSecondSignatureSharesTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	first := w.sign(t, sample(), w.options(pades.LevelBLT))
	second := w.newSigner(t, pkitest.P256, pkitest.SigningTemplate("Second", time.Now())).sign(t, first,
		w.options(pades.LevelBLT))
	was, is := readStore(t, first), readStore(t, second)
	if len(is.certs) != len(was.certs)+1 || len(is.ocsps) != len(was.ocsps)+1 {
		t.Errorf("got %d certificates and %d OCSP responses, want one more than %d and %d",
			len(is.certs), len(is.ocsps), len(was.certs), len(was.ocsps))
	}
	key := seals(t, first)[0].key()
	if fmt.Sprint(is.related[key].dict) != fmt.Sprint(was.related[key].dict) {
		t.Errorf("got the first entry in /VRI changed to %v, want %v", is.related[key].dict, was.related[key].dict)
	}
}

func TestHostileStoreIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	many := bytes.Repeat([]byte("4 0 R "), 100_000)
	for _, test := range []struct {
		name   string
		dss    string
		others []string
		code   string
	}{
		{"one stream many times", "<< /Certs [" + string(many) + "] >>",
			[]string{pdftest.Stream("", strings.Repeat("x", 4096))}, ""},
		{"no dictionary", "7", nil, pades.CodeDamaged},
		{"no array", "<< /Certs 7 >>", nil, pades.CodeDamaged},
		{"VRI is no dictionary", "<< /VRI [] >>", nil, pades.CodeDamaged},
		{"contains itself", "4 0 R", []string{"4 0 R"}, pades.CodeDamaged},
		{"many streams", "<< /Certs [" + refs(4, 3000) + "] >>", slices.Repeat([]string{pdftest.Stream("", "x")}, 3000),
			pades.CodeTooComplex},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := pdftest.File{Objects: append(pdftest.Pages(1, "/DSS "+test.dss), test.others...)}.Bytes()
			_, err := w.try(t.Context(), document, w.options(pades.LevelBLT))
			if test.code == "" && err != nil || test.code != "" && codeOf(err) != test.code {
				t.Errorf("got %v, want %q", err, test.code)
			}
		})
	}
}

func refs(first, n int) string {
	var out bytes.Buffer
	for i := range n {
		fmt.Fprintf(&out, "%d 0 R ", first+i)
	}
	return out.String()
}

// Only documents of PDF 1.7 get the developer extension: ISO 32000-2, 7.12.
func TestDeveloperExtension(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	for _, test := range []struct {
		name, header, entries string
		want                  string // of /Extensions
	}{
		{"1.4", "1.4", "", ""},
		{"2.0", "2.0", "", ""},
		{"2.0 by the catalog", "1.7", "/Version /2.0", ""},
		{"1.7", "1.7", "", "<</ESIC <</BaseVersion /1.7 /ExtensionLevel 2>>>>"},
		{"1.7 by the catalog", "1.4", "/Version /1.7", "<</ESIC <</BaseVersion /1.7 /ExtensionLevel 2>>>>"},
		{"an older version in the catalog", "1.7", "/Version /1.4",
			"<</ESIC <</BaseVersion /1.7 /ExtensionLevel 2>>>>"},
		{"beside others", "1.7", "/Extensions << /ABCD << /ExtensionLevel 3 >> >>",
			"<</ABCD <</ExtensionLevel 3>> /ESIC <</BaseVersion /1.7 /ExtensionLevel 2>>>>"},
		{"Adobe's", "1.7", "/Extensions << /ADBE << /ExtensionLevel 8 >> >>", "<</ADBE <</ExtensionLevel 8>>>>"},
		{"there already", "1.7", "/Extensions << /ESIC << /ExtensionLevel 5 >> >>", "<</ESIC <</ExtensionLevel 5>>>>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := pdftest.File{Objects: pdftest.Pages(1, test.entries)}.Bytes()
			document = bytes.Replace(document, []byte("%PDF-1.7"), []byte("%PDF-"+test.header), 1)
			increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document), w.clients)
			if err != nil {
				t.Fatal(err)
			}
			for _, made := range [][]byte{w.sign(t, document, w.options(pades.LevelBLT)),
				slices.Concat(document, increment.Bytes)} {
				_, catalog := open(t, made)
				got, err := pdf.Append(nil, catalog["Extensions"])
				if err != nil {
					t.Fatal(err)
				}
				if want := cmp.Or(test.want, "null"); bare(string(got)) != bare(want) {
					t.Errorf("got %s, want %s", got, test.want)
				}
			}
		})
	}
}

func bare(text string) string { return strings.ReplaceAll(text, " ", "") }
