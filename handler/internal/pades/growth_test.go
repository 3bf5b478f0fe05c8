package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// manyObjects is a document of one page and the given number of other objects that a reader
// reaches.
func manyObjects(objects int) []byte {
	const each = 1000 // references of an array
	all := pdftest.Pages(1, "/Outlines 4 0 R")
	var roots strings.Builder
	at := 5
	var arrays []string
	for range (objects + each - 1) / each {
		fmt.Fprintf(&roots, "%d 0 R ", at)
		var refs strings.Builder
		for i := range each {
			fmt.Fprintf(&refs, "%d 0 R ", at+1+i)
		}
		arrays = append(arrays, "["+refs.String()+"]")
		for range each {
			arrays = append(arrays, "<</A 1>>")
		}
		at += each + 1
	}
	all = append(all, "["+roots.String()+"]")
	return pdftest.File{Objects: append(all, arrays...)}.Bytes()
}

// BenchmarkReachedObjects signs documents of many objects at B-LTA and checks the result, as the
// handler does. It reports the work for each object that is reached, in nanoseconds.
func BenchmarkReachedObjects(b *testing.B) {
	e := newEstate(b, trusttest.Config{})
	for _, objects := range []int{100_000, 1_000_000} {
		document := manyObjects(objects)
		b.Run(fmt.Sprintf("objects=%d", objects), func(b *testing.B) {
			for b.Loop() {
				increment, err := sign.Sign(b.Context(), bytes.NewReader(document), e.chain, e.key, pades.Options{
					Level: pades.LevelLTA, Services: e.services(), Time: e.now(),
				})
				if err != nil {
					b.Fatal(err)
				}
				whole := pades.Join(bytes.NewReader(document), increment.Bytes)
				found, err := verify.VerifyFrom(b.Context(), whole, int64(len(document)), e.online())
				if err != nil || len(found) != 2 || found[0].ChangesAfter != pades.ChangeDSS {
					b.Fatalf("got %+v and %v", found, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(objects), "ns/object")
		})
	}
}

// BenchmarkVerifySignatures verifies documents of many signatures, each in a revision of its own.
// It reports the work for each signature, in microseconds.
func BenchmarkVerifySignatures(b *testing.B) {
	s := ecdsaSigner(b)
	for name, base := range map[string]func() []byte{
		"plain":        sample,
		"pages=20000":  func() []byte { return pdftest.File{Objects: manyPages(20_000)}.Bytes() },
		"fields=10000": func() []byte { return pdftest.File{Objects: manyFields(10_000)}.Bytes() },
	} {
		for _, signatures := range []int{50, 199} {
			b.Run(fmt.Sprintf("%s/signatures=%d", name, signatures), func(b *testing.B) {
				document := base()
				for range signatures {
					document = s.sign(b, document, pades.Options{})
				}
				for b.Loop() {
					report, err := verify.Verify(b.Context(), bytes.NewReader(document), s.trust())
					if err != nil || len(report.Signatures) != signatures ||
						report.Signatures[0].Indication != pades.TotalPassed {
						b.Fatalf("got %v, want all to pass", err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(signatures), "µs/signature")
			})
		}
	}
}

func manyPages(count int) []string {
	var kids strings.Builder
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", ""}
	for i := range count {
		fmt.Fprintf(&kids, "%d 0 R ", 3+i)
		objects = append(objects, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", count, kids.String())
	return objects
}

func manyFields(count int) []string {
	objects := append(pdftest.Pages(1, "/AcroForm 4 0 R"), "")
	var fields strings.Builder
	for i := range count {
		fmt.Fprintf(&fields, "%d 0 R ", 5+i)
		objects = append(objects, fmt.Sprintf("<< /FT /Tx /T (%d) >>", i))
	}
	objects[3] = "<< /Fields [" + fields.String() + "] >>"
	return objects
}
