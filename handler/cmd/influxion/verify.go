package main

import "influxion/handler/internal/pades/verify"

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/internal/pades"
)

const passed = "TOTAL-PASSED"

// verification is what verify was told.
type verification struct {
	offline bool
	trust   []string
	jobs    int
}

// verifier reports on one document.
type verifier func(ctx context.Context, document client.Document) (*client.Report, error)

func (a *app) verifyCommand() *cobra.Command {
	var v verification
	c := &cobra.Command{
		Use: "verify FILE…", Short: "Verify the signatures of documents", Args: needFiles,
		Long: `Verify reports on every signature: ETSI EN 319 102-1. All is well when each document has a signature and each signature is TOTAL-PASSED.
With --offline nothing leaves this machine: Influxion's own verifier runs here, trusts what --trust names, and takes what is known of
revocation from the document alone.`,
		Example: "  influxion verify contract.signed.pdf\n  influxion verify --offline --trust roots.pem --json *.pdf",
		RunE:    a.does(func(ctx context.Context, files []string) error { return a.verify(ctx, v, files) }),
	}
	c.Flags().BoolVar(&v.offline, "offline", false, "verify on this machine, without the service")
	c.Flags().StringArrayVar(&v.trust, "trust", nil, "`FILE` of trust anchors in PEM, with --offline; may be repeated")
	c.Flags().IntVarP(&v.jobs, "jobs", "j", runtime.NumCPU(), "so many files at a time")
	a.jsonFlag(c, "a line of JSON for each file")
	return c
}

// verify reports in the order of the files.
func (a *app) verify(ctx context.Context, v verification, files []string) error {
	if v.jobs < 1 || v.jobs > maxJobs {
		return usage(fmt.Errorf("--jobs %d: choose from 1 to %d", v.jobs, maxJobs))
	}
	files = expand(runtime.GOOS, files)
	check, err := a.verifier(v)
	if err != nil {
		return err
	}
	progress := terminal.NewProgress(a.err, len(files))
	defer progress.End()
	code := exitOK
	err = inOrder(ctx, v.jobs, files, func(ctx context.Context, file string) finding {
		document, closeDocument, err := a.open(ctx, file)
		if err != nil {
			return finding{file: file, err: err}
		}
		defer closeDocument()
		report, err := check(ctx, document)
		if err == nil {
			report.Document.Name = file
		}
		return finding{file, report, err}
	}, func(f finding) error {
		code = worse(code, f.code())
		progress.Step(f.file, f.code() == exitOK)
		return a.printFinding(progress, f, len(files) > 1)
	})
	if err != nil {
		return err
	}
	if code != exitOK {
		return &toldFault{code}
	}
	return nil
}

// finding is what was found about one file.
type finding struct {
	file   string
	report *client.Report
	err    error
}

func (f finding) code() int {
	switch {
	case f.err != nil && refusesSignIn(f.err):
		return exitSignIn
	case f.err != nil:
		return exitFailed
	case f.report.Summary.Total == 0 || f.report.Summary.Passed != f.report.Summary.Total:
		return exitNotVerified
	}
	return exitOK
}

// worse gives the code that says more: a sign-in that is refused, then a file that could not be verified at all, then one that did not pass.
func worse(a, b int) int {
	rank := map[int]int{exitOK: 0, exitNotVerified: 1, exitFailed: 2, exitSignIn: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func (a *app) verifier(v verification) (verifier, error) {
	if !v.offline {
		if len(v.trust) > 0 {
			return nil, usage(errors.New("--trust goes with --offline: the service has trust anchors of its own"))
		}
		service, err := a.service()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, document client.Document) (*client.Report, error) {
			return service.Verify(ctx, document)
		}, nil
	}
	anchors, err := readAnchors(v.trust)
	if err != nil {
		return nil, usage(err)
	}
	if len(anchors) == 0 {
		a.notice("without --trust FILE no signer is trusted: signatures can be INDETERMINATE at best")
	}
	return func(ctx context.Context, document client.Document) (*client.Report, error) {
		report, err := verify.Verify(ctx, document, pades.Trust{Anchors: anchors, Time: a.now()})
		if err != nil {
			return nil, err
		}
		report.Verifier = "influxion " + version
		return toClient(report)
	}, nil
}

// toClient makes the report what the service would send: the same members in JSON.
func toClient(report *pades.Report) (*client.Report, error) {
	text, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	r := &client.Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return r, nil
}

// readAnchors reads PEM files of certificates.
func readAnchors(names []string) ([]*x509.Certificate, error) {
	var anchors []*x509.Certificate
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		before := len(anchors)
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil || block.Type != "CERTIFICATE" {
				return nil, fmt.Errorf("%s holds something that is no certificate", name)
			}
			anchors = append(anchors, certificate)
		}
		if len(anchors) == before {
			return nil, fmt.Errorf("%s holds no certificate in PEM", name)
		}
	}
	return anchors, nil
}

// inOrder does something about each name, some at a time, and tells the results in the order of the names. It ends with the first error
// of tell, or with the context.
func inOrder[T any](ctx context.Context, jobs int, names []string, do func(context.Context, string) T, tell func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	slots := make(chan struct{}, jobs)
	results := make(chan chan T, jobs) // bounds what is finished and not told yet
	workers.Go(func() {
		defer close(results)
		for _, name := range names {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			result := make(chan T, 1)
			select {
			case results <- result:
			case <-ctx.Done():
				return
			}
			workers.Go(func() {
				result <- do(ctx, name)
				<-slots
			})
		}
	})
	for result := range results {
		r := <-result
		if ctx.Err() != nil {
			break
		}
		if err := tell(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}
