// Command sealcorpus signs every PDF of a folder twice with throw-away certificates, so that validators which no one here wrote can
// judge the results: sealcorpus CORPUS OUTPUT. It writes OUTPUT/root.pem, OUTPUT/<name>.1.pdf and OUTPUT/<name>.2.pdf, prints a line
// a file, and fails if a file cannot be signed or our own verifier finds fault with a result.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sealcorpus CORPUS OUTPUT")
		os.Exit(2)
	}
	if err := sealAll(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sealcorpus:", err)
		os.Exit(1)
	}
}

// seal is one throw-away certificate with the kind of signature to make with it.
type seal struct {
	name   string
	chain  []*x509.Certificate
	key    crypto.Signer
	digest crypto.Hash
	pss    bool
}

func sealAll(ctx context.Context, corpus, output string) error {
	files, err := filepath.Glob(filepath.Join(corpus, "*.pdf"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no PDF in %s", corpus)
	}
	root, seals, err := newSeals()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(output, "root.pem"), pkitest.PEM(root), 0o644); err != nil {
		return err
	}
	var faults []error
	for i, file := range files {
		// Each file meets two of the seals, each seal many files.
		first, second := seals[i%len(seals)], seals[(i+1)%len(seals)]
		if err := sealTwice(ctx, file, output, root, first, second); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", filepath.Base(file), err))
			fmt.Printf("FAIL %s: %v\n", filepath.Base(file), err)
			continue
		}
		fmt.Printf("ok   %s: %s, then %s\n", filepath.Base(file), first.name, second.name)
	}
	fmt.Printf("%d passed, %d failed\n", len(files)-len(faults), len(faults))
	return errors.Join(faults...)
}

func newSeals() (*x509.Certificate, []seal, error) {
	now := time.Now()
	root, err := pkitest.NewRoot("Conformance Root", now)
	if err != nil {
		return nil, nil, err
	}
	issuer, err := root.NewIntermediate("Conformance Issuer", now)
	if err != nil {
		return nil, nil, err
	}
	var seals []seal
	for _, kind := range []struct {
		algorithm pkitest.Algorithm
		digest    crypto.Hash
		pss       bool
	}{
		{pkitest.RSA2048, crypto.SHA256, false}, {pkitest.RSA3072, crypto.SHA384, false}, {pkitest.RSA4096, crypto.SHA512, false},
		{pkitest.RSA2048, crypto.SHA256, true}, {pkitest.P256, crypto.SHA256, false}, {pkitest.P384, crypto.SHA384, false},
	} {
		key, err := pkitest.NewKey(kind.algorithm)
		if err != nil {
			return nil, nil, err
		}
		name := fmt.Sprintf("%s %s", kind.algorithm, kind.digest)
		if kind.pss {
			name += " PSS"
		}
		chain, err := issuer.Issue(pkitest.SigningTemplate("Seal "+name, now), key.Public())
		if err != nil {
			return nil, nil, err
		}
		seals = append(seals, seal{name, chain, key, kind.digest, kind.pss})
	}
	return root.Root(), seals, nil
}

func sealTwice(ctx context.Context, file, output string, root *x509.Certificate, seals ...seal) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, err := pades.Verify(ctx, bytes.NewReader(document), pades.Trust{Time: time.Now()})
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	name := strings.TrimSuffix(filepath.Base(file), ".pdf")
	for i, seal := range seals {
		options := pades.Options{Time: time.Now(), Digest: seal.digest, PSS: seal.pss, Reason: "Conformance – Prüfung", Location: "Nowhere"}
		increment, err := pades.Sign(ctx, bytes.NewReader(document), seal.chain, seal.key, options)
		if err != nil {
			return fmt.Errorf("signature %d: %w", i+1, err)
		}
		document = slices.Concat(document, increment.Bytes)
		if err := os.WriteFile(filepath.Join(output, fmt.Sprintf("%s.%d.pdf", name, i+1)), document, 0o644); err != nil {
			return err
		}
	}
	report, err := pades.Verify(ctx, bytes.NewReader(document), pades.Trust{Anchors: []*x509.Certificate{root}, Time: time.Now()})
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return judge(report, len(before.Signatures), len(seals))
}

// judge holds our own verifier's report against what was done: the earlier signatures are still there, ours pass, and the first of ours
// has seen nothing but another signature after it.
func judge(report *pades.Report, earlier, ours int) error {
	if len(report.Signatures) != earlier+ours {
		return fmt.Errorf("got %d signatures, want %d", len(report.Signatures), earlier+ours)
	}
	for i, signature := range report.Signatures[earlier:] {
		last := i == ours-1
		if signature.Indication != pades.TotalPassed || signature.Level != pades.LevelBB || signature.CoversWholeDocument != last {
			return fmt.Errorf("signature %d: %s %s: %s", i+1, signature.Indication, signature.SubIndication, signature.Detail)
		}
		if !last && signature.ChangesAfter != pades.ChangeSignature {
			return fmt.Errorf("signature %d: got the change %q after it, want %q", i+1, signature.ChangesAfter, pades.ChangeSignature)
		}
	}
	return nil
}
