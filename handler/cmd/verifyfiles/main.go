// Command verifyfiles verifies many files, for .ci/conformance and .ci/readers. It reads one name a
// line from standard input and writes one JSON object a line to standard output, with "file" and
// either "report" or "error".
//
//	verifyfiles -root ROOT.PEM [-crl FILE]... < NAMES
//
// It uses no network: the documents and the CRLs must hold all evidence that the verification
// needs.
package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
)

func main() {
	root := flag.String("root", "", "trust anchors, PEM")
	at := flag.String("time", "", "time of the verification, RFC 3339; now without it")
	var lists names
	flag.Var(&lists, "crl", "a current CRL, DER; may be repeated")
	flag.Parse()
	if err := verifyAll(context.Background(), *root, *at, lists); err != nil {
		fmt.Fprintln(os.Stderr, "verifyfiles:", err)
		os.Exit(1)
	}
}

// names is a flag that may be repeated.
type names []string

func (n *names) String() string { return fmt.Sprint(*n) }

// Set adds a name to the flag.
func (n *names) Set(name string) error {
	*n = append(*n, name)
	return nil
}

func verifyAll(ctx context.Context, root, at string, lists []string) error {
	trust, err := newTrust(root, at, lists)
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	files := bufio.NewScanner(os.Stdin)
	for files.Scan() {
		if err := answers.Encode(verifyFile(ctx, files.Text(), trust)); err != nil {
			return err
		}
	}
	return files.Err()
}

type answer struct {
	File   string        `json:"file"`
	Report *pades.Report `json:"report,omitempty"`
	Error  string        `json:"error,omitempty"`
}

func verifyFile(ctx context.Context, name string, trust pades.Trust) answer {
	file, err := os.Open(name)
	if err != nil {
		return answer{File: name, Error: err.Error()}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return answer{File: name, Error: err.Error()}
	}
	report, err := verify.Verify(ctx, document{file, info.Size()}, trust)
	if err != nil {
		return answer{File: name, Error: err.Error()}
	}
	return answer{File: name, Report: report}
}

// document is a file as pades reads it.
type document struct {
	*os.File
	size int64
}

// Size is the length in bytes.
func (d document) Size() int64 { return d.size }

func newTrust(root, at string, lists []string) (pades.Trust, error) {
	trust := pades.Trust{Time: time.Now()}
	if at != "" {
		parsed, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return trust, err
		}
		trust.Time = parsed
	}
	rest, err := os.ReadFile(root)
	if err != nil {
		return trust, err
	}
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		anchor, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return trust, err
		}
		trust.Anchors = append(trust.Anchors, anchor)
	}
	trust.Online, err = readLists(lists)
	return trust, err
}
