package pades_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// catalogVersion is a change of the catalog: the entries before and after it.
type catalogVersion struct {
	header   string // version in the header of the file
	was, is  string
	behind   string // object 8 of the document
	replaced string // object 8 of the later revision; "" = it stays
}

func (c catalogVersion) judge(t *testing.T, s signer) pades.Signature {
	t.Helper()
	file := pdftest.File{Objects: branches(c.was, "", "", c.behind)}
	signed := s.byHandIn(t, file, claimedNow()+certified("1"), func(document []byte) []byte {
		return []byte(strings.Replace(string(document), "%PDF-1.7", "%PDF-"+c.header, 1))
	})
	changed := map[int]string{1: branches(c.is, "", "", c.behind)[0]}
	if c.replaced != "" {
		changed[8] = c.replaced
	}
	return verified(t, revisionOf(signed, 100, changed), s.trust())[0]
}

// A catalog may name any version from 1.0 to 1.7 instead of another, or none, as iText 5 and others
// write it: one standard describes them. A higher version may come with validation data. A document
// of PDF 2.0 remains one.
func TestVersionsOfTheCatalog(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	entry := func(version string) string { return "/Version /" + version }
	entries := []string{"", entry("1.0"), entry("1.3"), entry("1.4"), entry("1.7"), entry("2.0"), entry("2.1")}
	for _, header := range []string{"1.4", "1.7", "2.0"} {
		for _, was := range entries {
			for _, is := range entries {
				want := pades.ChangeMetadata
				switch {
				case is == was:
					want = pades.ChangeNone
				case is > was:
					want = pades.ChangeDSS
				case was >= entry("2.0"):
					want = pades.ChangeOther
				}
				got := catalogVersion{header: header, was: was, is: is, behind: "null"}.judge(t, s)
				if got.ChangesAfter != want || (got.Indication == pades.TotalPassed) != (want != pades.ChangeOther) {
					t.Errorf("header %s, %q instead of %q: got %s %q (%s), want %q", header, is, was, got.Indication,
						got.ChangesAfter, got.Detail, want)
				}
			}
		}
	}
}

// What iText adds with a signature beside it: version 2 a note in the page tree, version 5 the
// version of the header in the catalog, which was higher before.
func TestSignaturesOfIText(t *testing.T) {
	t.Parallel()
	of := func(name string, number int, entries pdf.Dict) rule {
		return rule{name: name, page: "/Annots [6 0 R]", catalog: "/Version /1.7", fields: "6 0 R",
			objects: []string{sigWidget + ">>"}, want: pades.ChangeSignature, passes: true,
			change: func(t *testing.T, f *pdf.File, u *pdf.Update) {
				signs(6, pdf.Dict{})(t, f, u)
				set(number, entries)(t, f, u)
			}}
	}
	checkRules(t, []rule{
		of("iText 2", 2, pdf.Dict{"ITXT": pdf.Text("2.1.7 by 1T3XT")}),
		of("iText 5", 1, pdf.Dict{"Version": pdf.Name("1.4")}),
	})
}

// Nothing but the name of a version may come, and no object that the entry refers to may change.
func TestVersionsThatAreNone(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	var all []catalogVersion
	for _, was := range []string{"", "/Version /1.4", "/Version /1.7", "/Version (1.7)", "/Version << /A 1 >>"} {
		for _, is := range []string{"/", "/1", "/14", "/1.75", "/1.a", "/1-7", "/x.0", "/0.9", "/3.0", "/9.9", "/10.0",
			"/1.7.1", "(1.4)", "1.4", "14", "true", "[/1.4]", "<< /S /JavaScript /JS (a) >>", "<< /A /1.4 >>", "8 0 R",
			"3 0 R", "90 0 R"} {
			all = append(all, catalogVersion{was: was, is: "/Version " + is, behind: "/1.7"})
		}
		for _, more := range []string{"/Lang (de)", "/OpenAction << /S /JavaScript /JS (a) >>", "/PageMode /UseNone",
			"/Extensions << /ADBE << /BaseVersion /1.7 /ExtensionLevel 8 /JS (a) >> >>", "/NeedsRendering true",
			"/OCProperties << /OCGs [] /D << >> >>"} {
			all = append(all, catalogVersion{was: was, is: "/Version /1.5 " + more, behind: "/1.7"})
		}
	}
	const elsewhere = "/Version 8 0 R"
	all = append(all,
		catalogVersion{was: elsewhere, is: elsewhere, behind: "/1.7", replaced: "/1.4"},
		catalogVersion{was: elsewhere, is: elsewhere, behind: "/1.7", replaced: "<< /S /JavaScript >>"},
		catalogVersion{was: elsewhere, is: "/Version /1.4", behind: "/1.7", replaced: "/1.4"},
		catalogVersion{was: elsewhere, is: "/Version /1.4", behind: "/2.0"},
		catalogVersion{was: elsewhere, is: "", behind: "/2.0"},
		catalogVersion{was: "/Version (1.7)", is: "", behind: "null"},
		catalogVersion{was: "/Version /2.0", is: elsewhere, behind: "/1.7"},
		catalogVersion{was: "/Version /9.9", is: "/Version /1.4", behind: "null"},
		catalogVersion{was: "/Version /10.0", is: "", behind: "null"})
	for _, one := range all {
		for _, header := range []string{"1.3", "2.0"} {
			one.header = header
			if got := one.judge(t, s); got.ChangesAfter != pades.ChangeOther || got.Indication == pades.TotalPassed {
				t.Errorf("%+v: got %s %q, want %q", one, got.Indication, got.ChangesAfter, pades.ChangeOther)
			}
		}
	}
}
