package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Signed is a signed document that is being received. WriteTo receives and checks all of it; a
// caller that reads Body instead must close it.
type Signed struct {
	Body        io.ReadCloser // ends with an error if the document is cut off
	Size        int64         // bytes
	SHA256      []byte        // of the document, as Influxion has computed it; nil = the answer names none
	Certificate string        // "" where nothing was signed with one
	Version     string
	Fingerprint string
	DaysLeft    int    // whole days that the certificate can still be used; -1 = unknown
	Level       string // that the document has
	Shortfall   string // why it is lower than requested; "" = it is not
	// deviations from the standard that Influxion tolerated or repaired in the document: sentences
	// separated by semicolons; "" = none
	Remarks string
	Conformance
	InvocationID string
}

// Conformance lists the standards that the document declares to conform to.
type Conformance struct {
	PDFA      string // such as PDF/A-2b; "none" for a document that declares none
	PDFUA     string // such as PDF/UA-1; likewise
	PDFUALost string // why the signed document does not keep that; "" when it does
}

// ErrChanged reports that the received document is not the one that Influxion sent. It must not be
// used.
var ErrChanged = errors.New("the document was changed in transit: its digest is not the one that the answer states")

// WriteTo writes the document to w and closes Body. Only if the error is nil has w received the
// whole document, unchanged (RFC 9530).
func (s *Signed) WriteTo(w io.Writer) (int64, error) {
	defer s.Body.Close()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, hash), s.Body)
	if err != nil {
		return n, fmt.Errorf("receive document: %w", err)
	}
	if !bytes.Equal(hash.Sum(nil), s.SHA256) {
		return n, ErrChanged
	}
	return n, nil
}

// newSigned reads the header fields of an answer.
func newSigned(response *http.Response) *Signed {
	return &Signed{
		Body: response.Body, Size: response.ContentLength, SHA256: digest(response.Header.Get("Repr-Digest")),
		Certificate: response.Header.Get("Influxion-Certificate"),
		Version:     response.Header.Get("Influxion-Certificate-Version"),
		Fingerprint: response.Header.Get("Influxion-Certificate-Fingerprint"),
		DaysLeft:    days(response.Header.Get("Influxion-Certificate-Expires-In")),
		Level:       response.Header.Get("Influxion-Level"),
		Shortfall:   response.Header.Get("Influxion-Shortfall"),
		Remarks:     response.Header.Get("Influxion-Remarks"),
		Conformance: Conformance{
			PDFA:      response.Header.Get("Influxion-PDF-A"),
			PDFUA:     response.Header.Get("Influxion-PDF-UA"),
			PDFUALost: response.Header.Get("Influxion-PDF-UA-Lost"),
		},
		InvocationID: response.Header.Get("Influxion-Invocation-Id"),
	}
}

// days reads a number of days; -1 = there is none.
func days(field string) int {
	n, err := strconv.Atoi(field)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// digest reads the SHA-256 of a Repr-Digest field (RFC 9530); nil = there is none.
func digest(field string) []byte {
	for member := range strings.SplitSeq(field, ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(member), "sha-256=:")
		if !ok {
			continue
		}
		if sum, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, ":")); err == nil {
			return sum
		}
	}
	return nil
}
