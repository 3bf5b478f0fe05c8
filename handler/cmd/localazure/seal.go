package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// source is the document to sign.
type source struct {
	client.Document
	io.Closer
	name string
	info fs.FileInfo // nil for the sample
}

func sampleSource(now time.Time) *source {
	return &source{Document: bytes.NewReader(samplePDF(now)), Closer: io.NopCloser(nil), name: "a sample"}
}

func fileSource(path string) (*source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &source{Document: io.NewSectionReader(file, 0, info.Size()), Closer: file, name: path, info: info}, nil
}

// heldCertificate is the certificate whose key never leaves the vault.
const heldCertificate = "hardware-seal"

// signature is one signature to make of the source.
type signature struct {
	certificate string // "" = the default
	out         string // file for the signed document; "" = it is verified and discarded
}

// result is the content of the printed report.
type result struct {
	source, out       string
	before, after     string // hex SHA-256
	size, signedSize  int64
	signed            *client.Signed
	finding           client.Signature
	signatures        int
	signTime, askTime time.Duration
}

// seal signs the source through the API and verifies the answer through the API. Then it renames
// the answer to its final name, if there is one.
func (s signature) seal(ctx context.Context, cloud *cloudtest.Cloud, host *hosttest.Host,
	from *source) (*result, error) {
	credential, err := cloud.Credential()
	if err != nil {
		return nil, err
	}
	api := client.New(host.URL(), credential, cloud.Scope)
	folder := "" // that of temporary files
	if s.out != "" {
		folder = filepath.Dir(s.out)
	}
	file, err := os.CreateTemp(folder, ".signed-*.pdf")
	if err != nil {
		return nil, fmt.Errorf("write the signed document: %w", err)
	}
	defer os.Remove(file.Name()) // has its final name after success
	defer file.Close()

	r := &result{source: from.name, out: s.out, size: from.Size()}
	if err := r.sign(ctx, api, from, s.certificate, file); err != nil {
		return nil, err
	}
	if err := r.verify(ctx, api, io.NewSectionReader(file, 0, r.signedSize)); err != nil {
		return nil, err
	}
	if s.out == "" {
		return r, nil
	}
	return r, publish(file, s.out)
}

// sign lets the API sign the source, and compares what it writes to the file with the source.
func (r *result) sign(ctx context.Context, api *client.Client, from *source, certificate string,
	file *os.File) (err error) {
	begin := time.Now()
	if r.signed, err = api.Sign(ctx, from,
		client.Options{Certificate: certificate, Level: "B-LTA", Reason: "Tried with localazure"}); err != nil {
		return fmt.Errorf("sign %s: %w", from.name, err)
	}
	defer r.signed.Body.Close()
	if r.signedSize, err = io.Copy(file, r.signed.Body); err != nil {
		return fmt.Errorf("receive the signed document: %w", err)
	}
	r.signTime = time.Since(begin)
	return r.compare(from, io.NewSectionReader(file, 0, r.signedSize))
}

// verify lets the API verify the signed document, and judges the report.
func (r *result) verify(ctx context.Context, api *client.Client, signed client.Document) error {
	begin := time.Now()
	report, err := api.Verify(ctx, signed)
	if err != nil {
		return fmt.Errorf("verify the signed document: %w", err)
	}
	r.askTime = time.Since(begin)
	return r.judge(report)
}

// compare checks that the answer begins with the source and has the digest in its header.
func (r *result) compare(from, signed client.Document) error {
	var err error
	if r.before, err = digest(from, from.Size()); err != nil {
		return err
	}
	if r.after, err = digest(signed, signed.Size()); err != nil {
		return err
	}
	prefix, err := digest(signed, min(r.size, r.signedSize))
	switch {
	case err != nil:
		return err
	case prefix != r.before || r.signedSize <= r.size:
		return errors.New("the signed document does not begin with the original")
	case hex.EncodeToString(r.signed.SHA256) != r.after:
		return errors.New("the signed document is not the one that the handler has sent: the digests differ")
	}
	return nil
}

// judge checks our signature in the report. It must be the newest one, must have passed, and must
// be by the named certificate at the named level. Only its own validation data and timestamps may
// follow it.
func (r *result) judge(report *client.Report) error {
	r.signatures = 0
	for _, f := range report.Signatures {
		if f.Kind == "signature" {
			r.signatures++
			r.finding = f
		}
	}
	f := r.finding
	switch {
	case r.signatures == 0:
		return errors.New("verified: the document has no signature")
	case f.Indication != "TOTAL-PASSED" || f.ChangesAfter != "none" && f.ChangesAfter != "dss":
		return fmt.Errorf("verified: %s %s: %s (changed since: %s)", f.Indication, f.SubIndication, f.Detail,
			f.ChangesAfter)
	case f.Signer == nil || f.Signer.Fingerprint != r.signed.Fingerprint:
		return errors.New("verified: the signature is not by the certificate that the answer names")
	case f.Level != r.signed.Level:
		return fmt.Errorf("verified: the signature is at level %s, the answer says %s", f.Level, r.signed.Level)
	}
	return nil
}

// publish renames the file to its final name, so that nobody sees half a document under it.
func publish(file *os.File, out string) error {
	err := errors.Join(file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), out)
	}
	if err != nil {
		return fmt.Errorf("write the signed document: %w", err)
	}
	return nil
}

func digest(document io.ReaderAt, size int64) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(document, 0, size)); err != nil {
		return "", fmt.Errorf("read document: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
