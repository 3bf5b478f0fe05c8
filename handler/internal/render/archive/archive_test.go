package archive_test

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/signing"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func archived(t *testing.T, printed []byte, options archive.Options) []byte {
	t.Helper()
	options.Time = noon
	increment, err := archive.Append(t.Context(), bytes.NewReader(printed), options)
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(printed), increment...)
}

// The update declares the standard and keeps the printed content, and no reader has to repair the
// document.
func TestAppend(t *testing.T) {
	t.Parallel()
	for standard, declared := range map[archive.Standard]string{
		archive.None: "", archive.PDFA2B: "PDF/A-2b", archive.PDFA2U: "PDF/A-2u", archive.PDFA3B: "PDF/A-3b",
	} {
		printed := rendertest.Page("<title>A &lt; B</title>")
		document := archived(t, printed, archive.Options{Standard: standard, DocumentID: "doc <1>"})
		if !bytes.HasPrefix(document, printed) || archive.Declared(standard) != declared {
			t.Errorf("%s: got another document, or %q", standard, archive.Declared(standard))
		}
		got, err := sign.Conformance(t.Context(), bytes.NewReader(document))
		if err != nil || got.PDFA != declared {
			t.Errorf("%s: got %+v (%v), want %q declared", standard, got, err, declared)
		}
		if pages, err := archive.Check(t.Context(), bytes.NewReader(document), standard); err != nil || pages != 1 {
			t.Errorf("%s: got %d pages (%v), want 1", standard, pages, err)
		}
		file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		_, catalog, err := file.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		metadata := decoded(t, file, catalog["Metadata"])
		for _, want := range []string{"<rdf:li xml:lang=\"x-default\">A &lt; B</rdf:li>",
			"<dc:identifier>doc &lt;1&gt;</dc:identifier>", "<xmp:CreateDate>2026-01-02T12:00:00Z</xmp:CreateDate>"} {
			if !strings.Contains(metadata, want) {
				t.Errorf("%s: got %s, want %s", standard, metadata, want)
			}
		}
		info, err := file.Dict(file.Trailer()["Info"])
		if err != nil || info["CreationDate"].(pdf.String).Text() != "D:20260102120000+00'00'" ||
			info["Title"].(pdf.String).Text() != "A < B" {
			t.Errorf("%s: got %v (%v), want what the metadata say", standard, info, err)
		}
		if (catalog["OutputIntents"] != nil) != (standard != archive.None) || file.Tolerated() != "" {
			t.Errorf("%s: got output intents %v and %q", standard, catalog["OutputIntents"], file.Tolerated())
		}
		file.Close()
	}
}

func decoded(t *testing.T, file *pdf.File, object pdf.Object) string {
	t.Helper()
	stream, err := file.Stream(object)
	if err != nil {
		t.Fatal(err)
	}
	data, err := file.Decode(stream)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	data := []byte("a,b\n")
	document := archived(t, rendertest.Page(""), archive.Options{Standard: archive.PDFA3B,
		Attachments: []archive.Attachment{
			{Name: "ü.csv", MediaType: "text/csv", Relationship: "Data", Description: "Zahlen", Data: data},
			{Name: "a.txt", MediaType: "text/plain"},
		}, Invoice: &archive.Invoice{Profile: "XRechnung", XML: []byte("<x/>")}})
	file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, catalog, err := file.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	names, err := file.Dict(catalog["Names"])
	if err != nil {
		t.Fatal(err)
	}
	tree, err := file.Dict(names["EmbeddedFiles"])
	if err != nil {
		t.Fatal(err)
	}
	associated, leaves := catalog["AF"].(pdf.Array), tree["Names"].(pdf.Array)
	if len(associated) != 3 || len(leaves) != 6 {
		t.Fatalf("got %v and %v, want three files", associated, leaves)
	}
	var got []string
	for i := 0; i < len(leaves); i += 2 {
		specification, err := file.Dict(leaves[i+1])
		if err != nil || leaves[i+1] != associated[i/2] {
			t.Fatalf("got %v (%v), want an associated file", leaves[i+1], err)
		}
		got = append(got, leaves[i].(pdf.String).Text()+" "+fmt.Sprint(specification["AFRelationship"]))
		if specification["UF"].(pdf.String).Text() != "ü.csv" {
			continue
		}
		stream, err := file.Stream(specification["EF"].(pdf.Dict)["F"])
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.Sum(data)
		parameters := stream.Dict["Params"].(pdf.Dict)
		if stream.Dict["Subtype"] != pdf.Name("text/csv") ||
			string(parameters["CheckSum"].(pdf.String)) != string(sum[:]) ||
			parameters["Size"] != pdf.Integer(len(data)) || decoded(t, file, stream) != string(data) {
			t.Errorf("got %v, want the file with its type, size and checksum", stream.Dict)
		}
	}
	if want := "[a.txt Unspecified xrechnung.xml Alternative ü.csv Data]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	metadata := decoded(t, file, catalog["Metadata"])
	for _, want := range []string{"<fx:DocumentFileName>xrechnung.xml<", "<fx:ConformanceLevel>XRECHNUNG<",
		"<pdfaSchema:prefix>fx<"} {
		if !strings.Contains(metadata, want) {
			t.Errorf("got %s, want %s", metadata, want)
		}
	}
}

// The error for each broken rule names its clause. Without a standard no rule applies.
func TestCheck(t *testing.T) {
	t.Parallel()
	const page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 5 0 R >>"
	wide := "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /ToUnicode 4 0 R >>"
	for _, test := range []struct {
		clause, catalog, page, content, resources, object string
		standard                                          archive.Standard
	}{
		{"", "", page, "q Q", "<< >>", "null", archive.PDFA2B},
		{"6.5.1", "/OpenAction << /S /JavaScript /JS (x) >>", page, "", "<< >>", "null", archive.PDFA2B},
		{"6.5.1", "/Names << /JavaScript << >> >>", page, "", "<< >>", "null", archive.PDFA2B},
		{"6.5.2", "/AA << >>", page, "", "<< >>", "null", archive.PDFA2B},
		{"6.3.1", "", page, "", "<< >>", "<< /Subtype /Movie /Rect [0 0 1 1] /F 4 >>", archive.PDFA2B},
		{"6.3.2", "", page, "", "<< >>", "<< /Subtype /Link /Rect [0 0 1 1] >>", archive.PDFA2B},
		{"6.3.2", "", page, "", "<< >>", "<< /Subtype /Link /Rect [0 0 1 1] /F 6 >>", archive.PDFA2B},
		{"6.2.5", "", page, "", "<< >>", "<< /Type /ExtGState /TR /Identity >>", archive.PDFA2B},
		{"6.2.10", "", page, "", "<< >>", "<< /Type /ExtGState /BM /Other >>", archive.PDFA2B},
		{"6.1.7.1", "", page, "", "<< >>", pdftest.Stream("/F (x)", ""), archive.PDFA2B},
		{"6.1.7.2", "", page, "", "<< >>", pdftest.Stream("/Filter [/LZWDecode]", ""), archive.PDFA2B},
		{"6.2.8", "", page, "", "<< >>", pdftest.Stream("/Subtype /Image /Interpolate true", ""), archive.PDFA2B},
		{"6.2.4.3", "", page, "", "<< >>", pdftest.Stream("/Subtype /Image /ColorSpace /DeviceCMYK", ""),
			archive.PDFA2B},
		{"6.2.9", "", page, "", "<< >>", pdftest.Stream("/Subtype /PS", ""), archive.PDFA2B},
		{"6.2.11.4.1", "", page, "", "<< >>", "<< /Type /Font /Subtype /TrueType /BaseFont /A >>", archive.PDFA2B},
		{"6.2.11.3.3", "", page, "", "<< >>", "<< /Type /Font /Subtype /Type0 /Encoding /90ms-RKSJ-H >>",
			archive.PDFA2B},
		{"6.2.11.7.2", "", page, "", "<< >>", "<< /Type /Font /Subtype /Type3 >>", archive.PDFA2U},
		{"", "", page, "", "<< >>", "<< /Type /Font /Subtype /Type3 >>", archive.PDFA2B},
		{"6.1.13", "", strings.Replace(page, "595", "20000", 1), "", "<< >>", "null", archive.PDFA2B},
		{"6.1.13", "", page, strings.Repeat("q ", 29), "<< >>", "null", archive.PDFA2B},
		{"", "", page, strings.Repeat("q Q ", 29), "<< >>", "null", archive.PDFA2B},
		{"6.2.11.8", "", page, "/F1 9 Tf <00010000> Tj", "<< /Font << /F1 6 0 R >> >>", wide, archive.PDFA2B},
		{"6.2.11.8", "", page, `/F1 9 Tf [(\000\001) 3 (\0\000)] TJ`, "<< /Font << /F1 6 0 R >> >>", wide, archive.PDFA2B},
		{"", "", page, "/F1 9 Tf <00010100> Tj", "<< /Font << /F1 6 0 R >> >>", wide, archive.PDFA2B},
		{"", "", page, "BI /W 1 ID /F1 9 Tf <0000> Tj \x00 EI Q", "<< /Font << /F1 6 0 R >> >>", wide, archive.PDFA2B},
		{"", "/AA << >>", page, "", "<< >>", "<< /Type /Font /Subtype /TrueType >>", archive.None},
	} {
		document := pdftest.File{Objects: []string{
			"<< /Type /Catalog /Pages 2 0 R " + test.catalog + " >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
			test.page,
			pdftest.Stream("", test.content), test.resources, test.object,
		}}.Bytes()
		_, err := archive.Check(t.Context(), bytes.NewReader(document), test.standard)
		switch fault := signing.AsError(err); {
		case err == nil && test.clause != "":
			t.Errorf("got no error for %+v, want clause %s", test, test.clause)
		case err != nil && (test.clause == "" || fault.Code != "pdf_nonconforming" ||
			!strings.Contains(fault.Detail, " "+test.clause+":")):
			t.Errorf("got %v for %+v, want clause %q", err, test, test.clause)
		}
	}
}

func TestCheckAttachments(t *testing.T) {
	t.Parallel()
	good := archive.Attachment{Name: "a.csv", MediaType: "text/csv"}
	with := func(change func(*archive.Attachment)) []archive.Attachment {
		a := good
		change(&a)
		return []archive.Attachment{a}
	}
	for name, test := range map[string]struct {
		standard archive.Standard
		list     []archive.Attachment
		ok       bool
	}{
		"PDF/A-3":           {archive.PDFA3B, []archive.Attachment{good}, true},
		"no standard":       {archive.None, []archive.Attachment{good}, true},
		"PDF/A-2":           {archive.PDFA2B, []archive.Attachment{good}, false},
		"one name twice":    {archive.PDFA3B, []archive.Attachment{good, good}, false},
		"the invoice's":     {archive.PDFA3B, with(func(a *archive.Attachment) { a.Name = "Factur-X.xml" }), false},
		"a path":            {archive.PDFA3B, with(func(a *archive.Attachment) { a.Name = "../a" }), false},
		"a Windows path":    {archive.PDFA3B, with(func(a *archive.Attachment) { a.Name = `c:\a` }), false},
		"no name":           {archive.PDFA3B, with(func(a *archive.Attachment) { a.Name = "" }), false},
		"a control":         {archive.PDFA3B, with(func(a *archive.Attachment) { a.Name = "a\x00" }), false},
		"no media type":     {archive.PDFA3B, with(func(a *archive.Attachment) { a.MediaType = "csv" }), false},
		"a bad media type":  {archive.PDFA3B, with(func(a *archive.Attachment) { a.MediaType = "a/b c" }), false},
		"a relationship":    {archive.PDFA3B, with(func(a *archive.Attachment) { a.Relationship = "data" }), false},
		"more than allowed": {archive.PDFA3B, make([]archive.Attachment, archive.MaxAttachments+1), false},
	} {
		err := archive.CheckAttachments(test.standard, test.list, &archive.Invoice{Profile: "basic"})
		if (err == nil) != test.ok {
			t.Errorf("%s: got %v, want ok = %v", name, err, test.ok)
		}
	}
}

func invoice(root, guideline string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><r:CrossIndustryInvoice xmlns:r="` + root + `">` +
		`<r:ExchangedDocumentContext><GuidelineSpecifiedDocumentContextParameter><ID> ` + guideline +
		` </ID></GuidelineSpecifiedDocumentContextParameter></r:ExchangedDocumentContext></r:CrossIndustryInvoice>`)
}

func TestInvoice(t *testing.T) {
	t.Parallel()
	const space = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
	const core = "urn:cen.eu:en16931:2017"
	for name, test := range map[string]struct {
		profile string
		xml     []byte
		want    string // in the detail; "" = it is taken
	}{
		"minimum":         {"minimum", invoice(space, "urn:factur-x.eu:1p0:minimum"), ""},
		"any case":        {"EN16931", invoice(space, core), ""},
		"xrechnung":       {"xrechnung", invoice(space, core+"#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"), ""},
		"another profile": {"basic", invoice(space, core), "not that of the profile basic"},
		"no profile":      {"comfort", invoice(space, core), "facturx.profile is not"},
		"namespace":       {"en16931", invoice("urn:other", core), "namespace"},
		"cut":             {"en16931", invoice(space, core)[:200], "well-formed"},
		"two roots":       {"en16931", append(invoice(space, core), "<a/>"...), "CrossIndustryInvoice"},
		"empty":           {"en16931", nil, "well-formed"},
		"document type":   {"en16931", append([]byte(`<!DOCTYPE x [<!ENTITY a "b">]>`), invoice(space, core)[38:]...), "document type"},
		"another charset": {"en16931", bytes.Replace(invoice(space, core), []byte("UTF-8"), []byte("UTF-7"), 1),
			"UTF-8"},
		"deep": {"en16931", bytes.Replace(invoice(space, core), []byte("<ID>"), []byte(strings.Repeat("<a>", 99)), 1),
			"deep"},
		"long": {"en16931", make([]byte, archive.MaxInvoiceBytes+1), "bytes"},
	} {
		err := (&archive.Invoice{Profile: test.profile, XML: test.xml}).Check()
		if (err == nil) != (test.want == "") ||
			err != nil && !strings.Contains(signing.AsError(err).Detail, test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestParseStandard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]archive.Standard{"": archive.None, "PDF/A-2B": archive.PDFA2B,
		"pdf/a-1b": "", "pdf/a-3u": "", "2b": ""} {
		if got, err := archive.ParseStandard(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
}

// Any output of a renderer is accepted or refused, within the document's budget.
func FuzzCheck(f *testing.F) {
	f.Add(rendertest.Page("<title>a</title>"))
	f.Add(rendertest.Page("a font that is not embedded"))
	f.Add(linked("", "signature-field:a", "signature-field:b"))
	f.Add(
		pdftest.File{Objects: append(pdftest.Pages(1, ""),
			pdftest.Stream("/Subtype /Form", "q (\\000\\0) Tj BI ID EI")),
			Streams: true}.Bytes())
	f.Fuzz(func(t *testing.T, document []byte) {
		options := archive.Options{Standard: archive.PDFA2B, Time: noon}
		increment, err := archive.Append(t.Context(), bytes.NewReader(document), options)
		if err != nil {
			return
		}
		whole := pades.Join(bytes.NewReader(document), increment)
		if _, err := archive.Check(t.Context(), whole, archive.PDFA2B); err != nil {
			return
		}
		declared, err := sign.Conformance(t.Context(), whole)
		if err != nil || declared.PDFA != "PDF/A-2b" {
			t.Errorf("got %+v (%v) of a document that was released", declared, err)
		}
	})
}

// The document states the language of the print, or else that of the page, in the catalog and in
// the metadata.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		printed string // in the place of /Lang (en)
		page    string
		want    string
	}{
		"of the print":                 {"/Lang (en)", "de", "en"},
		"of the page":                  {"", "de-AT", "de-AT"},
		"none":                         {"", "", ""},
		"a page that states no tag":    {"", "German, mostly", ""},
		"a page that attacks":          {"", "de</rdf:li>", ""},
		"a print that states none":     {"/Lang ()", "de", "de"},
		"a print that states nonsense": {"/Lang (?)", "de", ""},
	} {
		place := "/Lang (en)"
		printed := bytes.Replace(rendertest.Page(""), []byte(place),
			[]byte(test.printed+strings.Repeat(" ", len(place)-len(test.printed))), 1)
		document := archived(t, printed, archive.Options{Standard: archive.PDFA2B, Language: test.page})
		file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		_, catalog, err := file.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		stated, _ := catalog["Lang"].(pdf.String)
		metadata := decoded(t, file, catalog["Metadata"])
		if got := stated.Text(); got != test.want && name != "a print that states nonsense" {
			t.Errorf("%s: got %q in the catalog, want %q", name, got, test.want)
		}
		bag := "<dc:language><rdf:Bag><rdf:li>" + test.want + "</rdf:li></rdf:Bag></dc:language>"
		if strings.Contains(metadata, "dc:language") != (test.want != "") ||
			test.want != "" && !strings.Contains(metadata, bag) {
			t.Errorf("%s: got the metadata %s, want the language %q", name, metadata, test.want)
		}
		file.Close()
	}
}
