// Command hiddenchanges writes the documents of package hiddenchange for .ci/readers: signed
// documents with a later revision. .ci/readers compares what PDF readers show with what our
// verifier reports.
//
//	hiddenchanges [-all] [-random N [-seed N]] [-place TEXT] OUTPUT
//
// OUTPUT gets the documents, manifest.jsonl (one line for each, with the signed revision alone as
// "reference") and root.pem, the trust anchor. With -all, it combines each place with each quirk;
// with -random, it makes documents with random quirks and changes. In both modes it writes only
// documents that our verifier passes. -place leaves out the places without that text in their name.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest/hiddenchange"
	"influxion/handler/internal/pkitest"
)

func main() {
	all := flag.Bool("all", false, "each place with each quirk, as far as it passes")
	random := flag.Int("random", 0, "number of documents with random quirks to make instead, as far as they pass")
	seed := flag.Uint64("seed", 1, "seed of -random")
	within := flag.String("place", "", "text in the name of the places to write")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: hiddenchanges [-all] [-random N [-seed N]] OUTPUT")
		os.Exit(2)
	}
	makeFiles := func(sign hiddenchange.Sign, yield func(hiddenchange.File) error) error {
		switch {
		case *random > 0:
			return hiddenchange.Random(sign, *seed, *random, yield)
		case *all:
			return hiddenchange.Files(sign, hiddenchange.All, yield)
		}
		return hiddenchange.Files(sign, hiddenchange.Core, yield)
	}
	if err := run(context.Background(), flag.Arg(0), *within, *all || *random > 0, makeFiles); err != nil {
		fmt.Fprintln(os.Stderr, "hiddenchanges:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, output, within string, passing bool,
	makeFiles func(hiddenchange.Sign, func(hiddenchange.File) error) error) error {
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	s, err := newSigner(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(output, "root.pem"), pkitest.PEM(s.chain[len(s.chain)-1]), 0o644); err != nil {
		return err
	}
	manifest, err := os.Create(filepath.Join(output, "manifest.jsonl"))
	if err != nil {
		return err
	}
	defer manifest.Close()
	w := &writer{folder: output, within: within,
		lines: json.NewEncoder(manifest), references: map[[sha256.Size]byte]string{}}
	if passing {
		w.passes = s.check
	}
	if err := errors.Join(makeFiles(s.sign, w.write), hiddenchange.Honest(s.sign, w.write)); err != nil {
		return err
	}
	fmt.Printf("%d documents made, %d written\n", w.made, w.count)
	return manifest.Close()
}

// signer signs with a throw-away certificate.
type signer struct {
	ctx   context.Context
	chain []*x509.Certificate
	key   crypto.Signer
}

func newSigner(ctx context.Context) (*signer, error) {
	root, err := pkitest.NewRoot("Hidden Files Root", time.Now())
	if err != nil {
		return nil, err
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		return nil, err
	}
	chain, err := root.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
	if err != nil {
		return nil, err
	}
	return &signer{ctx, chain, key}, nil
}

func (s *signer) sign(document []byte, certify bool) ([]byte, error) {
	options := pades.Options{Time: time.Now()}
	if certify {
		options.Certify = pades.NoChanges
	}
	increment, err := sign.Sign(s.ctx, bytes.NewReader(document), s.chain, s.key, options)
	if err != nil {
		return nil, err
	}
	signed := slices.Concat(document, increment.Bytes)
	return signed, s.check(signed)
}

// check returns the reason why a signature does not pass; nil = it passes.
func (s *signer) check(signed []byte) error {
	trust := pades.Trust{Anchors: s.chain[len(s.chain)-1:], Time: time.Now()}
	report, err := verify.Verify(s.ctx, bytes.NewReader(signed), trust)
	if err != nil {
		return err
	}
	if len(report.Signatures) == 0 || report.Signatures[0].Indication != pades.TotalPassed {
		return errors.New("the signature does not pass")
	}
	return nil
}

// writer writes numbered documents, and each signed revision once.
type writer struct {
	folder     string
	within     string // only places with this text are written
	lines      *json.Encoder
	references map[[sha256.Size]byte]string
	passes     func(document []byte) error // nil = everything is written
	made       int
	count      int
}

// line is one line of the manifest.
type line struct {
	File      string `json:"file"`
	Reference string `json:"reference"`
	Kind      string `json:"kind"`
	Place     string `json:"place"`
	Quirk     string `json:"quirk"`
	Certified bool   `json:"certified"`
	Honest    bool   `json:"honest"`
}

func (w *writer) write(file hiddenchange.File) error {
	if !strings.Contains(file.Place, w.within) {
		return nil
	}
	w.made++
	if w.passes != nil && !file.Honest && w.passes(file.Bytes) != nil {
		return nil
	}
	signed := file.Bytes[:file.Signed]
	sum := sha256.Sum256(signed)
	reference, known := w.references[sum]
	if !known {
		reference = filepath.Join(w.folder, fmt.Sprintf("signed-%03d.pdf", len(w.references)))
		w.references[sum] = reference
		if err := os.WriteFile(reference, signed, 0o644); err != nil {
			return err
		}
	}
	name := filepath.Join(w.folder, fmt.Sprintf("%05d.pdf", w.count))
	w.count++
	if err := os.WriteFile(name, file.Bytes, 0o644); err != nil {
		return err
	}
	return w.lines.Encode(line{name, reference, string(file.Kind), file.Place, file.Quirk, file.Certified, file.Honest})
}
