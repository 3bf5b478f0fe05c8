package pades_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
)

// everyEntry is a document with most of the entries that signing reads, each of the right type.
func everyEntry() []string {
	return []string{
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /MarkInfo << /Marked true >> /StructTreeRoot 9 0 R " +
			"/Metadata 11 0 R /OutputIntents [ << /S /GTS_PDFA1 /DestOutputProfile 12 0 R >> ] /DSS 13 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [ 3 0 R ] /Rotate 0 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 300 200 ] /CropBox [ 0 0 300 200 ] /UserUnit 1 " +
			"/Resources << >> /Annots [ 5 0 R 6 0 R ] /StructParents 0 >>",
		"<< /Fields [ 5 0 R 7 0 R ] /SigFlags 0 /NeedAppearances true /DR << >> >>",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (seal) /Ff 0 /F 4 /Rect [ 20 20 200 60 ] /P 3 0 R " +
			"/MK << /R 0 >> /Lock << /Action /Include /Fields [ (a) ] /P 3 >> /SV << /Ff 0 /Filter /Adobe.PPKLite " +
			"/SubFilter [ /ETSI.CAdES.detached ] /DigestMethod [ /SHA256 ] /V 1 /MDP << /P 0 >> /Reasons [ (a) ] " +
			"/Cert << /Ff 0 /Subject [ (a) ] /KeyUsage [ (1) ] >> /TimeStamp << /Ff 0 >> /AddRevInfo true >> >>",
		"<< /Type /Annot /Subtype /Widget /Parent 7 0 R /F 4 /Rect [ 20 80 200 120 ] /P 3 0 R /MK << /R 0 >> >>",
		"<< /FT /Sig /T (split) /Kids [ 6 0 R ] >>",
		"<< /Nums [ 0 [ 10 0 R ] ] /Limits [ 0 0 ] >>",
		"<< /Type /StructTreeRoot /K [ 10 0 R ] /ParentTree 8 0 R /ParentTreeNextKey 1 >>",
		"<< /Type /StructElem /S /Document /P 9 0 R /K [ 0 ] >>",
		pdftest.Stream("/Type /Metadata", "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"+
			"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "+
			"xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/' pdfaid:part='2' pdfaid:conformance='A'/>"+
			"</rdf:RDF></x:xmpmeta>"),
		pdftest.Stream("/N 3", "x"),
		"<< /Certs [ 12 0 R ] /VRI << /AA << /Cert [ 12 0 R ] >> >> >>",
	}
}

// A refusal for an entry of another type names the object that has the entry, not the one that
// happened to be read last.
func TestRefusalsNameTheObject(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	entry := regexp.MustCompile(`/[A-Za-z]+ (\[[^\[\]]*\]|<<[^<>]*>>|\d+ 0 R|[-\d.]+|/[^ ]+|\([^)]*\)|true)`)
	refused := 0
	for number, object := range everyEntry() {
		// The entries of an object, and those of the dictionaries in it.
		for _, at := range append(entry.FindAllStringSubmatchIndex(object, -1), nested(entry, object)...) {
			for _, value := range []string{"7.5", "[ true ]"} {
				for _, options := range []pades.Options{
					{Field: "seal", Appearance: &pades.Appearance{}}, {Field: "split", Appearance: &pades.Appearance{}},
					{Certify: pades.FormFilling, Appearance: &pades.Appearance{}},
				} {
					objects := everyEntry()
					objects[number] = object[:at[2]] + value + object[at[3]:]
					_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), options)
					if codeOf(err) != pades.CodeDamaged {
						continue
					}
					refused++
					if !strings.Contains(err.Error(), fmt.Sprintf("(object %d at offset ", number+1)) {
						t.Errorf("object %d, %s %s in field %q: got %v, want the object's number and offset", number+1,
							object[at[0]:at[2]], value, options.Field, err)
					}
				}
			}
		}
	}
	if refused < 100 {
		t.Errorf("got %d refusals, want at least 100", refused)
	}
}

// nested finds the entries of dictionaries that are values themselves.
func nested(entry *regexp.Regexp, object string) [][]int {
	var found [][]int
	for offset := range object {
		if offset == 0 || !strings.HasPrefix(object[offset:], "<<") {
			continue
		}
		for _, at := range entry.FindAllStringSubmatchIndex(object[offset:], -1) {
			for i := range at {
				at[i] += offset
			}
			found = append(found, at)
		}
	}
	return found
}
