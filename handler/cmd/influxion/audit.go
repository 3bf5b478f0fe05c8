package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/internal/audit/verify"
	"influxion/handler/internal/storage"
)

// auditSource says where to read an audit log, and how to check its timestamps.
type auditSource struct {
	container string
	trust     []string
}

func (a *app) auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Check audit logs, and prove that a document was signed",
		Long: "Check audit logs of Influxion without trusting whoever kept them: docs/audit.md says what they prove.",
	}
	c.AddCommand(a.auditVerifyCommand(), a.auditFindCommand())
	return c
}

func (s *auditSource) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&s.container, "container", "",
		"read the blobs of the container at this `URL` instead of files; you need Storage Blob Data Reader")
	flags.StringArrayVar(&s.trust, "trust", nil,
		"`FILE` of roots in PEM for timestamp authorities (default: the system's); may be repeated")
}

func (a *app) auditVerifyCommand() *cobra.Command {
	var source auditSource
	c := &cobra.Command{
		Use: "verify FILE... | --container URL", Short: "Find edits, gaps, reordering and truncation of an audit log",
		Long: `Check the chains and timestamps of an audit log. Files may hold other lines too: the whole output of the handler. Each finding names
file and line, or blob and line. It says for each chain up to which record a timestamp proves it.`,
		Example: "  influxion audit verify app.log\n  influxion audit verify --auth azure-cli --container " +
			"https://account.blob.core.windows.net/audit",
		RunE: a.does(func(ctx context.Context, files []string) error {
			log, err := a.readAudit(ctx, source, files, nil)
			if err != nil {
				return err
			}
			report := log.Report()
			if report.Records == 0 && len(report.Findings) == 0 {
				return errors.New("there is no record of an audit log")
			}
			if err := a.printAudit(report); err != nil {
				return err
			}
			if len(report.Findings) > 0 {
				return exit.Reported(exit.NotVerified)
			}
			return nil
		}),
	}
	source.flags(c)
	a.jsonFlag(c, "one JSON object")
	return c
}

// readAudit reads a whole log.
func (a *app) readAudit(ctx context.Context, source auditSource, files, digests []string) (*verify.Log, error) {
	if (source.container == "") == (len(files) == 0) {
		return nil, exit.UsageError(errors.New("name the files of the log, or --container URL"))
	}
	log := &verify.Log{Digests: digests}
	if len(source.trust) > 0 {
		anchors, err := readAnchors(source.trust)
		if err != nil {
			return nil, exit.UsageError(err)
		}
		log.Roots = x509.NewCertPool()
		for _, anchor := range anchors {
			log.Roots.AddCert(anchor)
		}
	}
	if source.container != "" {
		return log, a.readContainer(ctx, log, source.container)
	}
	for _, name := range files {
		if err := addFile(log, name); err != nil {
			return nil, err
		}
	}
	return log, nil
}

func addFile(log *verify.Log, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: name the files of the log", name)
	}
	return log.Add(name, file)
}

// readContainer reads the blobs of a container. Each of their lines must be a line of the log.
func (a *app) readContainer(ctx context.Context, log *verify.Log, address string) error {
	if err := storage.CheckURL(address); err != nil {
		return exit.UsageError(fmt.Errorf("--container: %w", err))
	}
	s, _, err := a.settings()
	if err != nil {
		return err
	}
	// A sign-in session belongs to Influxion's own client application, which has no right on
	// storage.
	credential, _, err := signin.New(a.signInConfig(s, nil))
	if err != nil {
		return exit.SignInError(err)
	}
	container, err := storage.NewContainer(storage.Config{URL: address, Credential: credential, Transport: a.transport})
	if err != nil {
		return err
	}
	blobs, err := container.Blobs(ctx, "")
	if err != nil {
		return err
	}
	for _, blob := range blobs {
		if err := addBlob(ctx, log, container, blob); err != nil {
			return err
		}
	}
	return nil
}

func addBlob(ctx context.Context, log *verify.Log, container *storage.Container, blob storage.Blob) error {
	body, err := container.Open(ctx, blob.Name)
	if err != nil {
		return err
	}
	defer body.Close()
	return log.AddGrowing(blob.Name, body, blob.Length)
}

// printAudit prints a report.
func (a *app) printAudit(report verify.Report) error {
	if a.global.jsonOutput {
		_, err := fmt.Fprint(a.out, terminal.JSONLine(report))
		return err
	}
	style := a.style(a.out)
	for _, finding := range report.Findings {
		if _, err := fmt.Fprintln(a.out, style.Bad(terminal.Safe(finding.String()))); err != nil {
			return err
		}
	}
	for _, chain := range report.Chains {
		proved := "no timestamp proves any of them"
		if chain.By != nil {
			proved = fmt.Sprintf("proved up to record %d by a timestamp of %s", chain.Proved,
				chain.By.UTC().Format(timeForm))
		}
		ended := "; without an end: it goes on, has crashed, or was truncated"
		if chain.Ended {
			ended = ""
		}
		if _, err := fmt.Fprintf(a.out, "%s of instance %s: %d records, %s%s\n", terminal.Safe(string(chain.Stream)),
			terminal.Safe(chain.Instance), chain.Records, proved, ended); err != nil {
			return err
		}
	}
	verdict := style.Good("WHOLE")
	if len(report.Findings) > 0 {
		verdict = style.Bad("NOT WHOLE")
	}
	_, err := fmt.Fprintf(a.out, "%s  %d records, %d findings, %d lines of other logs\n", verdict, report.Records,
		len(report.Findings), report.Others)
	return err
}

const timeForm = "2006-01-02 15:04:05 UTC"
