package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/rendertest"
	"influxion/handler/internal/signing"
)

// TestMain also lets the test binary act as the program, and as the tools that azidentity looks
// for.
func TestMain(m *testing.M) {
	if code, ran := cloudtest.RunTool(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr); ran {
		os.Exit(code)
	}
	testscript.Main(m, map[string]func(){"influxion": main, "visitor": visitor})
}

// visitor is a person who enters a code on the page of a device: visitor PAGE CODE.
func visitor() {
	person := cloudtest.Visitor{Person: "signer@example.org", Code: os.Args[2]}
	if _, err := person.Visit(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func stage(t *testing.T) string {
	t.Helper()
	const root = "../../.."
	folder := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "handler"),
		"influxion/handler")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(root, "functions"))); err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(root, "host.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "host.json"), settings, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestStories runs testdata/*.txt: the program as users start it, against the production handler in
// a local cloud.
func TestStories(t *testing.T) {
	t.Parallel()
	cloud, err := cloudtest.Start(t.Context(), cloudtest.Config{Algorithm: pkitest.P256, HashSigning: true,
		AuditContainer: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	pages := rendertest.New()
	t.Cleanup(pages.Close)
	log := &hosttest.Transcript{}
	host, err := cloud.StartHost(t.Context(), hosttest.Config{Root: stage(t), Log: log.Record,
		Environ: []string{"INFLUXION_RENDERER_URL=" + pages.URL}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		host.Close()
		if t.Failed() {
			t.Log(log.Tail())
		}
	})
	if err := host.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Servers that break off in the middle of a document, and that change it.
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Repr-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")
		length := len(body)
		if !strings.Contains(r.URL.RawQuery, "reason=changed") {
			length *= 2
		}
		w.Header().Set("Content-Length", strconv.Itoa(length))
		_, _ = w.Write(body)
	}))
	t.Cleanup(broken.Close)
	busy := httptest.NewServer(http.HandlerFunc(beBusy))
	t.Cleanup(busy.Close)
	environ := func(kinds ...cloudtest.CredentialKind) []string {
		list, err := cloud.ClientEnviron(kinds...)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	operator, err := cloud.ClientEnvironOf(cloudtest.Caller{Application: cloud.Client, Person: cloud.Operator},
		cloudtest.AzureCLI)
	if err != nil {
		t.Fatal(err)
	}
	certificate := environ(cloudtest.ClientCertificate)
	workload := environ(cloudtest.WorkloadIdentity)
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireUniqueNames: true, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "cache"))
			for _, entry := range environ(cloudtest.ManagedIdentity, cloudtest.AzureCLI) {
				name, value, _ := strings.Cut(entry, "=")
				switch {
				case name == "PATH":
					e.Setenv("USER_PATH", value+string(os.PathListSeparator)+e.Getenv("PATH"))
				case strings.HasPrefix(name, "AZURE_") || strings.HasPrefix(name, "INFLUXION_") ||
					strings.HasPrefix(name, "IDENTITY_"):
					e.Setenv("GIVEN_"+name, value)
				default:
					e.Setenv(name, value)
				}
			}
			for name, value := range map[string]string{
				"URL": host.URL(), "SCOPE": cloud.Scope, "TENANT": cloud.TenantID, "CLIENT": cloud.Client.ID,
				"SECRET":  cloud.Client.Secret,
				"MANAGED": cloud.ManagedClient.ID, "STRANGER": cloud.Stranger.ID,
				"STRANGER_SECRET": cloud.Stranger.Secret, "BROKEN": broken.URL, "BUSY": busy.URL,
				"CONTAINER": cloud.AuditContainer(),
				"VAULT":     "https://influxion-local.vault.azure.net", "NOBODY": "http://127.0.0.1:1",
				"CERTIFICATE_FILE":      lookup(certificate, "AZURE_CLIENT_CERTIFICATE_PATH"),
				"TOKEN_FILE":            lookup(workload, "AZURE_FEDERATED_TOKEN_FILE"),
				"APP_IDENTITY_ENDPOINT": lookup(cloud.Environ(), "IDENTITY_ENDPOINT"),
				"APP_IDENTITY_HEADER":   lookup(cloud.Environ(), "IDENTITY_HEADER"),
				"OPERATOR_PATH":         lookup(operator, "PATH") + string(os.PathListSeparator) + e.Getenv("PATH"),
			} {
				e.Setenv(name, value)
			}
			if err := writeAuditLogs(e.WorkDir); err != nil {
				return err
			}
			return writeSamples(e.WorkDir, cloud)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"manyfiles": manyFiles, "files": countFiles},
	})
}

// beBusy asks every caller to come back in a second, or much later.
func beBusy(w http.ResponseWriter, r *http.Request) {
	pause := "1"
	if strings.Contains(r.URL.RawQuery, "reason=long") {
		pause = "20"
	}
	w.Header().Set("Retry-After", pause)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"code":"busy","detail":"too many requests"}`)
}

func lookup(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func writeSamples(folder string, cloud *cloudtest.Cloud) error {
	locked := pdftest.File{Objects: pdftest.Pages(1, ""),
		Encryption: &pdftest.Encryption{Revision: 6, User: "open sesame", Owner: "owner"}}
	other, err := pkitest.NewRoot("Other Root", time.Now())
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"a.pdf": pdftest.Sample(0), "b.pdf": pdftest.Sample(5000), "no.pdf": []byte("nothing"),
		"root.pem": pkitest.PEM(cloud.Root()), "other.pem": pkitest.PEM(other.Root()),
		"locked.pdf": locked.Bytes(), "password.txt": []byte("open sesame\r\n"), "wrong.txt": []byte("open simsim"),
		"empty.txt": []byte("\n"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// manyFiles writes the given number of documents into a folder.
func manyFiles(ts *testscript.TestScript, _ bool, arguments []string) {
	n, err := strconv.Atoi(arguments[1])
	ts.Check(err)
	folder := ts.MkAbs(arguments[0])
	ts.Check(os.MkdirAll(folder, 0o755))
	for i := range n {
		ts.Check(os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d.pdf", i)), pdftest.Sample(0), 0o600))
	}
}

// countFiles requires the given number of files in a folder, hidden files included.
func countFiles(ts *testscript.TestScript, _ bool, arguments []string) {
	entries, err := os.ReadDir(ts.MkAbs(arguments[0]))
	ts.Check(err)
	if got := strconv.Itoa(len(entries)); got != arguments[1] {
		ts.Fatalf("got %s files, want %s: %v", got, arguments[1], entries)
	}
}

// writeAuditLogs writes a log of five records and an end, together with a line of another log, and
// a changed copy.
func writeAuditLogs(folder string) error {
	var out bytes.Buffer
	out.WriteString(`{"level":"INFO","msg":"listening"}` + "\n")
	log := audit.New(audit.Config{Out: &out})
	for i := range 5 {
		record := signing.Record{RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Signed},
			Caller:           signing.Caller{ObjectID: fmt.Sprint("object-", i+1)},
			RecordedDocument: signing.RecordedDocument{DocumentDigest: fmt.Sprintf("%064x", i+1)}}
		if i == 3 {
			record.RecordedTemplate = signing.RecordedTemplate{Template: "a/invoice.html", TemplateETag: "0x1",
				Style: "a/invoice.css", StyleETag: "0x2",
				Files: []signing.RecordedFile{{Name: "logo.svg", ETag: "0x3"}}}
		}
		if err := log.Write(context.Background(), &record, audit.Attempts); err != nil {
			return err
		}
	}
	log.Close()
	changed := strings.Replace(out.String(), "object-2", "object-3", 1)
	return errors.Join(os.WriteFile(filepath.Join(folder, "audit.log"), out.Bytes(), 0o600),
		os.WriteFile(filepath.Join(folder, "changed.log"), []byte(changed), 0o600))
}
