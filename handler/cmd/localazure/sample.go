package main

import (
	"fmt"
	"strings"
	"time"

	"influxion/handler/internal/pdftest"
)

// samplePDF makes a one-page A4 document to sign, in plain ISO 32000-1 with an xref table.
func samplePDF(now time.Time) []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " +
			"/Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>",
		pdftest.Stream("", samplePage(now)),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
		"<< /Title (Influxion sample document) /Producer (Influxion localazure) /CreationDate (D:" +
			now.UTC().Format("20060102150405") + "Z) >>",
	}
	return pdftest.File{Objects: objects, Trailer: "/Info 7 0 R"}.Bytes()
}

func samplePage(now time.Time) string {
	var page strings.Builder
	page.WriteString("0.09 0.21 0.36 rg 0 762 595 80 re f\n0.93 0.55 0.15 rg 0 756 595 6 re f\n")
	write := func(font string, size, x, y int, gray float64, text string) {
		escaped := strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(text)
		fmt.Fprintf(&page, "BT %.2f g /%s %d Tf %d %d Td (%s) Tj ET\n", gray, font, size, x, y, escaped)
	}
	write("B", 26, 56, 793, 1, "Sample document")
	write("R", 11, 56, 774, 1, "Made by localazure to be sealed by Influxion")
	for i, line := range []string{
		"This page travelled the whole way: from a client with an access token, through the",
		"Functions host, to the handler, which fetched the organisation's certificate from the",
		"vault with its own identity and appended a PAdES signature (ETSI EN 319 142-1).",
		"The bytes of the page itself have not been changed: they are a prefix of the signed file.",
	} {
		write("R", 12, 56, 712-18*i, 0.15, line)
	}
	rows := [][2]string{
		{"Made", now.UTC().Format("2 January 2006, 15:04:05 UTC")},
		{"Kind of signature", "invisible, CAdES detached, baseline level B-LTA"},
		{"Trust", "none: the keys were made for this run and are discarded with it"},
	}
	for i, row := range rows {
		y := 604 - 30*i
		fmt.Fprintf(&page, "0.94 0.95 0.97 rg 56 %d 483 24 re f\n", y-8)
		write("B", 11, 66, y, 0.15, row[0])
		write("R", 11, 196, y, 0.15, row[1])
	}
	write("R", 9, 56, 48, 0.5, "A signature panel shows who sealed this file and whether it has changed since.")
	return page.String()
}
