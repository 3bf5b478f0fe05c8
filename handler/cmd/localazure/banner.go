package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/shell"
)

func printBanner(out io.Writer, host *hosttest.Host, took time.Duration) {
	fmt.Fprintf(out, `
=== LOCAL AZURE === for this machine only ==========================================
This is NO identity provider and NO vault. It gives access tokens to whoever asks and
seals with keys that were made a moment ago, that nobody trusts, and that are discarded
when it ends. Every port is on loopback. Never use it for anything but tests.
====================================================================================

Functions host at %s (%s mode), ready after %s. Its log is on standard error.
`, host.URL(), host.Mode(), milliseconds(took))
}

// print writes the report for people.
func (r *result) print(out io.Writer) {
	f := r.finding
	if r.out == "" {
		fmt.Fprintf(out,
			"\nSigned %s once more, with a key that never leaves the vault. %d bytes, verified, not kept.\n\n",
			printable(r.source), r.signedSize)
	} else {
		fmt.Fprintf(out, "\nSigned %s, %d bytes, into %s, %d bytes. The original is its beginning, byte for byte.\n\n",
			printable(r.source), r.size, printable(r.out), r.signedSize)
	}
	for _, row := range [][2]string{
		{"signer", f.Signer.Subject},
		{"issuer", f.Signer.Issuer},
		{"certificate", r.signed.Certificate + ", version " + r.signed.Version},
		{"fingerprint", f.Signer.Fingerprint},
		{"algorithm", f.SignatureAlgorithm + " with " + f.DigestAlgorithm},
		{"level", r.signed.Level},
		{"proved to exist", f.BestSignatureTime.Format("2006-01-02 15:04:05 MST") + ", by a timestamp"},
		{"verified", fmt.Sprintf("%s, nothing changed since, signature %d of %d (field %s)", f.Indication, r.signatures,
			r.signatures, f.Field)},
		{"SHA-256 before", r.before},
		{"SHA-256 after", r.after},
		{"took", fmt.Sprintf("signing %s, verifying %s", milliseconds(r.signTime), milliseconds(r.askTime))},
	} {
		fmt.Fprintf(out, "  %-15s %s\n", row[0], printable(row[1]))
	}
}

// printNext prints command lines that a person can paste into a shell.
func printNext(out io.Writer, cloud *cloudtest.Cloud, host *hosttest.Host, signed string, generate bool) {
	again := strings.TrimSuffix(signed, filepath.Ext(signed)) + "-again" + filepath.Ext(signed)
	// Without this, curl would ask the user's own proxy for this machine.
	const curl = "curl -sS --noproxy '*' "
	fmt.Fprintf(out, "\nOpen in a browser: %s/api/ (sign in as %s; there is no password) and %s/api/docs\n",
		host.URL(), cloud.User.Name, host.URL())
	fmt.Fprintf(out, "\nTry next, in another terminal. An access token of the client application:\n\n"+
		"  TOKEN=$(%s-d grant_type=client_credentials -d client_id=%s -d client_secret=%s --data-urlencode scope=%s "+
		"%s | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n",
		curl, cloud.Client.ID, cloud.Client.Secret, cloud.Scope, cloud.TokenURL())
	authorized := curl + `--fail -H "Authorization: Bearer $TOKEN" `
	fmt.Fprintf(out, "\nSign, here the signed file once more; read a report; see the certificates:\n\n"+
		"  %s-H 'Content-Type: application/pdf' --data-binary %s '%s/api/sign?level=B-LTA&reason=Approved' -o %s\n"+
		"  %s-H 'Content-Type: application/pdf' -H 'Accept: text/plain' --data-binary %s %s/api/verify\n"+
		"  %s%s/api/certificates\n",
		authorized, shell.Word("@"+signed), host.URL(), shell.Word(again),
		authorized, shell.Word("@"+again), host.URL(), authorized, host.URL())
	if generate {
		made := filepath.Join(filepath.Dir(signed), "made.pdf")
		fmt.Fprintf(out, "\nMake a document from a template, as PDF/A, and seal it:\n\n"+
			"  %s-H 'Content-Type: application/json' -d %s %s/api/generate -o %s\n",
			authorized, shell.Word(sampleGeneration), host.URL(), shell.Word(made))
	}
	printSignIn(out, cloud, host, signed)
	fmt.Fprintf(out, "\nCause faults. The handler reads its certificate again after %s:\n\n", certificateCacheTTL)
	for _, control := range cloud.Controls() {
		fmt.Fprintf(out, "  %s-X POST %-60s # %s\n", curl, cloud.URL()+control.Path, control.Does)
	}
	fmt.Fprint(out, "\nServing until Ctrl-C.\n")
}

// sampleGeneration is a request to generate a document.
const sampleGeneration = `{"html_template": {"content": "<html lang=\"en\"><title>Invoice {{.number}}</title>` +
	`<h1>Invoice {{.number}}</h1>{{table .items \"Item=name\" \"Price=price\"}}"}, ` +
	`"data": {"number": "2026-1", "items": [{"name": "Apples", "price": 2.5}]}, ` +
	`"pdf_standard": "pdf/a-2b", "sign": {"level": "B-LTA"}}`

// printSignIn prints how a person signs in. The pages use plain HTTP on loopback, because a browser
// on this machine does not trust our certificates and resolves login.microsoftonline.com to the
// real one.
func printSignIn(out io.Writer, cloud *cloudtest.Cloud, host *hosttest.Host, file string) {
	command := "env"
	for _, entry := range cloud.NetworkEnviron() {
		command += " " + shell.Word(entry)
	}
	command += " go run ./handler/cmd/influxion"
	fmt.Fprintf(out,
		"\nSign in as a person, with a code (or with --browser), then sign as that person. Choose %s on the page; "+
			"there is no password:\n\n"+
			"  %s login --url %s --scope %s --tenant %s --client-id %s\n  %s sign %s\n",
		cloud.User.Name, command, host.URL(), cloud.Scope, cloud.TenantID, cloud.Client.ID, command, shell.Word(file))
}

func milliseconds(d time.Duration) string { return d.Round(time.Millisecond).String() }
