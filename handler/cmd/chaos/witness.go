package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// witness verifies documents with code that it does not share with the handler. It reads the file
// by patterns that match what the handler appends, and parses the CMS itself.
type witness struct {
	root *x509.Certificate // trust anchor of all chains
}

var (
	byteRange = regexp.MustCompile(`/ByteRange *\[ *(\d+) +(\d+) +(\d+) +(\d+) *\]`)
	subFilter = regexp.MustCompile(`/SubFilter ?/(ETSI\.CAdES\.detached|ETSI\.RFC3161)`)
)

// document checks an answer to a request to seal a document at a level.
func (w *witness) document(header http.Header, sent, got []byte, level string) error {
	if err := headers(header, level); err != nil {
		return err
	}
	leaf, err := w.seal(sent, got, level)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(leaf.Raw); header.Get("Influxion-Certificate-Fingerprint") != hex.EncodeToString(sum[:]) {
		return errors.New("the signer's certificate is not the one that the header names")
	}
	return nil
}

// seal checks a document that was sealed at a level, and returns the signer's certificate.
func (w *witness) seal(sent, got []byte, level string) (*x509.Certificate, error) {
	if !bytes.HasPrefix(got, sent) {
		return nil, errors.New("the answer does not begin with what was sent")
	}
	appended := got[len(sent):]
	ranges, filters := byteRange.FindAllSubmatch(appended, -1), subFilter.FindAllSubmatch(appended, -1)
	want := 1
	if level == "B-LTA" {
		want = 2
	}
	if len(ranges) != want || len(filters) != want {
		return nil, fmt.Errorf("%d byte ranges and %d subfilters were appended, want %d", len(ranges), len(filters),
			want)
	}
	covered, contents, err := cover(got, ranges[0])
	if err != nil {
		return nil, err
	}
	whole := len(covered)+2*len(contents)+2 == len(got)
	if string(filters[0][1]) != "ETSI.CAdES.detached" || (level == "B-B" || level == "B-T") != whole {
		return nil, fmt.Errorf("the signature has the subfilter %s and covers the whole document: %v", filters[0][1],
			whole)
	}
	leaf, value, timestamps, err := w.signature(contents, covered)
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if err := w.timestamps(timestamps, value, level); err != nil {
		return nil, err
	}
	if (level == "B-LT" || level == "B-LTA") != bytes.Contains(appended, []byte("/DSS")) {
		return nil, errors.New("validation data is present where it should be absent, or the reverse")
	}
	if level == "B-LTA" {
		if err := w.documentTimestamp(got, ranges[1], string(filters[1][1])); err != nil {
			return nil, fmt.Errorf("document timestamp: %w", err)
		}
	}
	return leaf, nil
}

// documentTimestamp checks the timestamp that has its /ByteRange at this place and this subfilter.
func (w *witness) documentTimestamp(got []byte, place [][]byte, filter string) error {
	covered, contents, err := cover(got, place)
	switch {
	case err != nil:
		return err
	case filter != "ETSI.RFC3161" || len(covered)+2*len(contents)+2 != len(got):
		return errors.New("it does not cover the whole document")
	}
	return w.timestamp(contents, covered)
}

// headers checks the header fields of the answer.
func headers(header http.Header, level string) error {
	for name, want := range map[string]string{"Content-Type": "application/pdf", "Influxion-Level": level,
		"Cache-Control": "no-store"} {
		if got := header.Get(name); got != want {
			return fmt.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"Influxion-Certificate", "Influxion-Certificate-Version", "Influxion-Invocation-Id"} {
		if header.Get(name) == "" {
			return fmt.Errorf("there is no %s", name)
		}
	}
	return nil
}

// cover returns the bytes that a byte range covers, and the bytes of /Contents in its gap.
func cover(document []byte, found [][]byte) (covered, contents []byte, err error) {
	var n [4]int
	for i := range n {
		if n[i], err = strconv.Atoi(string(found[i+1])); err != nil {
			return nil, nil, err
		}
	}
	first, gap, end := n[1], n[2], n[2]+n[3]
	if n[0] != 0 || first >= gap || end > len(document) || document[first] != '<' || document[gap-1] != '>' {
		return nil, nil, fmt.Errorf("the byte range %v does not fit the file", n)
	}
	contents = make([]byte, (gap-first-2)/2)
	if _, err := hex.Decode(contents, document[first+1:gap-1]); err != nil {
		return nil, nil, err
	}
	return append(bytes.Clone(document[:first]), document[gap:end]...), contents, nil
}

// signature verifies a signature over content: its digest, its value, its reference to the signer's
// certificate, and that certificate's chain.
func (w *witness) signature(der, content []byte) (leaf *x509.Certificate, value []byte, tokens [][]byte, err error) {
	s, err := readSigned(der)
	if err != nil {
		return nil, nil, nil, err
	}
	if s.content != nil {
		return nil, nil, nil, errors.New("it is not detached")
	}
	if err := s.verify(content); err != nil {
		return nil, nil, nil, err
	}
	return s.signer, s.value, s.timestamps, w.chain(s)
}

// chain verifies that the signer's chain ends in the root.
func (w *witness) chain(s *signed) error {
	roots, issuers := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(w.root)
	for _, c := range s.certificates {
		issuers.AddCert(c)
	}
	_, err := s.signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: issuers,
		// Certificates are made by Azure's clock, which may have been some minutes ahead.
		CurrentTime: time.Now().Add(30 * time.Minute), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// timestamps verifies the timestamps of a signature value. At B-B there must be none, above it at
// least one.
func (w *witness) timestamps(tokens [][]byte, value []byte, level string) error {
	if (level == "B-B") != (len(tokens) == 0) {
		return fmt.Errorf("%d signature timestamps at %s", len(tokens), level)
	}
	for _, token := range tokens {
		if err := w.timestamp(token, value); err != nil {
			return fmt.Errorf("signature timestamp: %w", err)
		}
	}
	return nil
}

// timestamp verifies a timestamp token over data.
func (w *witness) timestamp(token, data []byte) error {
	s, err := readSigned(token)
	if err != nil {
		return err
	}
	imprint, at, err := readInfo(s.content)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); !bytes.Equal(imprint, sum[:]) {
		return errors.New("it covers other data")
	}
	if off := time.Since(at); off < -21*time.Minute || off > 5*time.Minute {
		return fmt.Errorf("its time is off by %v", off)
	}
	if err := s.verify(s.content); err != nil {
		return err
	}
	if len(s.signer.ExtKeyUsage) != 1 || s.signer.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping {
		return errors.New("its signer is not a timestamp authority")
	}
	return w.chain(s)
}
