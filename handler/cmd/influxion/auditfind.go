package main

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/terminal"
	audit "influxion/handler/internal/audit/verify"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/signing"
)

func (a *app) auditFindCommand() *cobra.Command {
	var source auditSource
	var digest, document string
	c := &cobra.Command{
		Use:   "find --digest SHA256 | --document FILE.pdf LOG... | --container URL",
		Short: "Prove that a document was signed: when, for whom, with which certificate",
		Long: `Find the records of a document, and the earliest timestamp that proves each. --digest is the SHA-256 of what was sent or of what was
returned, or a hash that was signed without its document. --document takes the signed file itself: then its revisions and its signatures
are looked for too, so that it is found after others have signed or extended it, and where only its hash was sent. The whole log is
checked for that.`,
		Example: "  influxion audit find --digest $(sha256sum a.signed.pdf | cut -d' ' -f1) app.log\n" +
			"  influxion audit find --document a.signed.pdf app.log",
		RunE: a.does(func(ctx context.Context, files []string) error {
			digests, err := a.digestsOf(ctx, digest, document)
			if err != nil {
				return err
			}
			log, err := a.readAudit(ctx, source, files, digests)
			if err != nil {
				return err
			}
			report := log.Report()
			return a.printEvidence(log.Found(), report)
		}),
	}
	c.Flags().StringVar(&digest, "digest", "", "`SHA256` of the document, or the hash that was signed, in hex")
	c.Flags().StringVar(&document, "document", "", "the signed `FILE` itself")
	source.flags(c)
	a.jsonFlag(c, "a line of JSON for each record")
	return c
}

// digestsOf returns the digests to look for.
func (a *app) digestsOf(ctx context.Context, digest, name string) ([]string, error) {
	if (digest == "") == (name == "") {
		return nil, exit.UsageError(errors.New("name the document: --digest or --document"))
	}
	if name == "" {
		sum, err := hex.DecodeString(digest)
		if n := len(sum); err != nil || n != sha256.Size && n != sha512.Size384 && n != sha512.Size {
			return nil, exit.UsageError(
				errors.New("--digest is a SHA-256 in hex, 64 digits, or a hash that was signed"))
		}
		return []string{digest}, nil
	}
	document, done, err := input.Open(ctx, name, a.in)
	if err != nil {
		return nil, err
	}
	defer done()
	return a.digestsIn(ctx, document)
}

// digestsIn returns the SHA-256 of a document, of each revision that a signature covers, and of
// each signature value: the audit record of a signed hash names the result by the digest of its
// signature value.
func (a *app) digestsIn(ctx context.Context, document client.Document) ([]string, error) {
	whole, err := digestTo(document, document.Size())
	if err != nil {
		return nil, err
	}
	digests := []string{whole}
	signatures, _, err := verify.FindExisting(ctx, document, pades.Trust{Time: a.now()})
	if err != nil {
		a.notice(fmt.Sprintf("its signatures cannot be read, so only the whole document is looked for: %v", err))
		return digests, nil
	}
	for _, s := range signatures {
		if s.End > 0 && s.End <= document.Size() {
			revision, err := digestTo(document, s.End)
			if err != nil {
				return nil, err
			}
			digests = append(digests, revision)
		}
		if s.Signed != nil {
			sum := sha256.Sum256(s.Signed.Signature)
			digests = append(digests, hex.EncodeToString(sum[:]))
		}
	}
	return digests, nil
}

// digestTo returns the hex SHA-256 of the first end bytes of a document.
func digestTo(document client.Document, end int64) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(document, 0, end)); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// printEvidence prints the records of a document. If none of them is intact and says that something
// was signed, that has its own exit code.
func (a *app) printEvidence(found []audit.Evidence, report audit.Report) error {
	proved := false
	for _, e := range found {
		proved = proved || e.Intact && (e.Record.Outcome == signing.Signed || e.Record.Outcome == signing.Made)
		text := terminal.JSONLine(e)
		if !a.global.jsonOutput {
			text = a.describeEvidence(e)
		}
		if _, err := fmt.Fprint(a.out, text); err != nil {
			return err
		}
	}
	if len(report.Findings) > 0 {
		a.notice(fmt.Sprintf("the log is not whole: %d findings; influxion audit verify names them",
			len(report.Findings)))
	}
	switch {
	case len(found) == 0:
		a.notice("there is no record of this digest")
	case !proved:
		a.notice("no intact record says that the document was signed")
	default:
		return nil
	}
	return exit.Reported(exit.NotVerified)
}

// describeEvidence returns a record as text for people.
func (a *app) describeEvidence(e audit.Evidence) string {
	r, style := e.Record, a.style(a.out)
	state := style.Good(string(r.Outcome))
	switch {
	case !e.Intact:
		state = style.Bad("not intact")
	case r.Outcome != signing.Signed && r.Outcome != signing.Made:
		state = style.Bad(string(r.Outcome))
	}
	proof := "no timestamp proves it: only the store protects it"
	if e.ProvedBy != nil {
		proof = fmt.Sprintf("proved by the timestamp at %s, of %s", e.At, e.ProvedBy.UTC().Format(timeForm))
	}
	text := fmt.Sprintf("%s  %s at %s\n  by object %s of tenant %s, client %s\n", state,
		terminal.Safe(string(r.Action)), r.Time.UTC().Format(timeForm), terminal.Safe(r.ObjectID),
		terminal.Safe(r.TenantID), terminal.Safe(r.ClientID))
	if r.Certificate != "" {
		text += fmt.Sprintf("  certificate %s, version %s\n", terminal.Safe(r.Certificate),
			terminal.Safe(r.CertificateVersion))
	}
	text += describeTemplate(r.RecordedTemplate)
	for _, digest := range []struct{ of, value string }{{"SHA-256 sent", r.DocumentDigest}, {"hash sent", r.Hash},
		{"SHA-256 returned", r.SignedDigest}} {
		if digest.value != "" {
			text += fmt.Sprintf("  %s %s\n", digest.of, terminal.Safe(digest.value))
		}
	}
	return text + fmt.Sprintf("  record at %s; %s\n", terminal.Safe(e.Place.String()), terminal.Safe(proof))
}

// describeTemplate returns what a generated document was made of as text for people.
func describeTemplate(r signing.RecordedTemplate) string {
	text := ""
	kept := func(kind, name, etag string) {
		if name != "" {
			text += fmt.Sprintf("  %s %s, etag %s\n", kind, terminal.Safe(name), terminal.Safe(etag))
		}
	}
	kept("template", r.Template, r.TemplateETag)
	kept("style sheet", r.Style, r.StyleETag)
	for _, file := range r.Files {
		kept("file", file.Name, file.ETag)
	}
	return text
}
