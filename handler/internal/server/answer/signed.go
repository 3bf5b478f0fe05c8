package answer

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"influxion/handler/internal/server/jsonstream"
	"influxion/handler/internal/signing"
)

// about is what an answer states about a signed document, in addition to the document.
type about struct {
	Certificate string   `json:"certificate,omitempty"`
	Version     string   `json:"version,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
	DaysLeft    *int     `json:"certificate_days_left,omitempty"` // 0 is an answer too
	Level       string   `json:"level,omitempty"`
	Shortfall   string   `json:"shortfall,omitempty"`
	PDFA        string   `json:"pdf_a,omitempty"`
	PDFUA       string   `json:"pdf_ua,omitempty"`
	PDFUALost   string   `json:"pdf_ua_lost,omitempty"`
	Remarks     []string `json:"remarks,omitempty"` // of the document as it was sent
	SHA256      string   `json:"sha256"`            // of the signed document
}

func newAbout(result *signing.Result, record *signing.Record) about {
	a := about{
		Level: string(result.Level), Shortfall: result.Shortfall, SHA256: record.SignedDigest, Remarks: result.Remarks,
		PDFA: result.PDFA, PDFUA: result.PDFUA, PDFUALost: result.PDFUALost,
	}
	if c := result.Certificate; c != nil {
		a.Certificate, a.Version, a.Fingerprint = c.Name, c.Version, c.Fingerprint()
		a.DaysLeft = new(c.DaysLeft(record.Time))
	}
	return a
}

// SignedPDF answers with the document. Header fields contain the other information.
func SignedPDF(body SignedBody, result *signing.Result, record *signing.Record) (*Answer, error) {
	digest, err := hex.DecodeString(record.SignedDigest) // for Repr-Digest: RFC 9530, section 3
	if err != nil {
		return nil, fmt.Errorf("read digest: %w", err)
	}
	a, header := newAbout(result, record), make(http.Header, 16)
	set := func(name, value string) {
		if value != "" {
			header.Set(name, value)
		}
	}
	set("Content-Disposition", `attachment; filename="signed.pdf"`)
	set("Influxion-Certificate", a.Certificate)
	set("Influxion-Certificate-Version", a.Version)
	set("Influxion-Certificate-Fingerprint", a.Fingerprint)
	if a.DaysLeft != nil {
		set("Influxion-Certificate-Expires-In", strconv.Itoa(*a.DaysLeft))
	}
	set("Influxion-Level", a.Level)
	set("Influxion-Shortfall", fieldValue(a.Shortfall))
	set("Influxion-PDF-A", cmp.Or(a.PDFA, "none"))
	set("Influxion-Remarks", fieldValue(strings.Join(a.Remarks, "; ")))
	set("Influxion-PDF-UA", cmp.Or(a.PDFUA, "none"))
	set("Influxion-PDF-UA-Lost", fieldValue(a.PDFUALost))
	set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	return &Answer{Status: http.StatusOK, MediaType: MediaPDF, Header: header, Body: body}, nil
}

// fieldValue makes a text fit for a header field, RFC 9110, section 5.5: names in certificates can
// hold anything.
func fieldValue(text string) string {
	safe := []rune(text)
	for i, r := range safe {
		if r < ' ' || r > '~' {
			safe[i] = '?'
		}
	}
	return string(safe)
}

// SignedJSON answers with the same as one JSON object. The document is in base64 and last, so that
// it can be streamed.
func SignedJSON(body SignedBody, result *signing.Result, record *signing.Record) (*Answer, error) {
	encoded, err := json.Marshal(newAbout(result, record))
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	head := string(encoded[:len(encoded)-1]) + `,"document":"`
	return &Answer{Status: http.StatusOK, MediaType: MediaJSON, Body: base64Body{head, body, `"}`}}, nil
}

// SignedBody is the signed document: the document that was sent and the increment, never joined in
// memory.
type SignedBody struct {
	Document  Body
	Increment []byte
}

// Size is the signed document's length in bytes.
func (b SignedBody) Size() int64 { return b.Document.Size() + int64(len(b.Increment)) }

// inParts is a Body in memory that can be sent without being copied.
type inParts interface {
	Parts() [][]byte
}

// WriteTo is io.WriterTo.
func (b SignedBody) WriteTo(w io.Writer) (int64, error) {
	document, ok := b.Document.(inParts)
	if connection, direct := w.(io.ReaderFrom); ok && direct {
		// net/http passes its source to the connection, which sends net.Buffers by writev: one
		// system call instead of one for each part.
		parts := net.Buffers(append(document.Parts(), b.Increment))
		return connection.ReadFrom(&parts)
	}
	written, err := b.Document.WriteTo(w)
	if err != nil {
		return written, err
	}
	n, err := w.Write(b.Increment)
	return written + int64(n), err
}

// base64Body is a signed document in base64 (RFC 4648, section 4) between two texts.
type base64Body struct {
	head     string
	document SignedBody
	tail     string
}

// Size is the length of the whole in bytes.
func (b base64Body) Size() int64 {
	return int64(len(b.head)) + (b.document.Size()+2)/3*4 + int64(len(b.tail))
}

// WriteTo is io.WriterTo.
func (b base64Body) WriteTo(w io.Writer) (int64, error) {
	encoder := jsonstream.NewBase64Writer(w)
	if err := encoder.Text(b.head); err != nil {
		return 0, err
	}
	if _, err := b.document.WriteTo(encoder); err != nil {
		return 0, err
	}
	if err := encoder.End(b.tail); err != nil {
		return 0, err
	}
	return b.Size(), nil
}
