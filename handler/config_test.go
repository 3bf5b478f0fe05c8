package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-fonts/dejavu/dejavusans"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/trustservices"
)

const (
	someGUID  = "11111111-2222-3333-4444-555555555555"
	otherGUID = "66666666-7777-8888-9999-aaaaaaaaaaaa"
)

func goodEnviron(changes ...string) map[string]string {
	environ := map[string]string{
		"FUNCTIONS_CUSTOMHANDLER_PORT":   "0",
		"INFLUXION_AZURE_TENANT_ID":      someGUID,
		"INFLUXION_AZURE_API_CLIENT_ID":  otherGUID,
		"INFLUXION_VAULT_URL":            "https://seals.vault.azure.net/",
		"INFLUXION_SIGNING_CERTIFICATES": "",
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		environ[name] = value
	}
	return environ
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	got, err := loadConfig(goodEnviron())
	if err != nil {
		t.Fatal(err)
	}
	want := &config{
		Azure: azureSettings{TenantID: someGUID, APIClientID: otherGUID, Audience: "api://" + otherGUID,
			DefaultScope: "api://" + otherGUID + "/.default", AuthorityHost: "https://login.microsoftonline.com"},
		Keys: keySettings{VaultURL: "https://seals.vault.azure.net/", CertificateCacheTTL: 10 * time.Minute,
			KeyMode: "auto"},
		Documents: documentSettings{MaxDocumentBytes: 50 << 20, DefaultLevel: "B-B"},
		TSA:       tsaSettings{KeyHeader: "X-API-Key"},
		Jobs:      jobSettings{JobsRetention: 7 * 24 * time.Hour},
		Page:      pageSettings{PageShown: true, PageAuthorityHost: "https://login.microsoftonline.com"},
		LogLevel:  slog.LevelInfo,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestConfigReadsEverySetting(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Anchor", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	anchors, font := filepath.Join(t.TempDir(), "anchors.pem"), filepath.Join(t.TempDir(), "font.ttf")
	if err := os.WriteFile(font, dejavusans.TTF, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(anchors, pkitest.PEM(root.Root()), 0o600); err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "Invoices.pem"), pkitest.PEM(root.Root()), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := loadConfig(goodEnviron(
		"INFLUXION_KEY_MODE=vault", "INFLUXION_KEY_URL=https://seals.managedhsm.azure.net",
		"INFLUXION_CERTIFICATE_FILES="+files,
		"FUNCTIONS_CUSTOMHANDLER_PORT=7072", "WEBSITE_HOSTNAME=seals.azurewebsites.net",
		"AzureWebJobs.Extend.Disabled=1",
		"INFLUXION_AZURE_AUDIENCE=https://seals.example.org",
		"INFLUXION_AZURE_DEFAULT_SCOPE=https://seals.example.org/access_as_user",
		"INFLUXION_AZURE_CLIENT_ID="+someGUID, "INFLUXION_AZURE_CLIENT_SECRET=s3cret",
		"INFLUXION_AZURE_AUTHORITY_HOST=https://login.microsoftonline.us",
		"INFLUXION_AZURE_ALLOWED_TENANTS="+someGUID+", "+otherGUID, "INFLUXION_AZURE_ALLOWED_CLIENTS="+otherGUID,
		"INFLUXION_SIGNING_CERTIFICATES=invoices, contracts", "INFLUXION_CERTIFICATE_CACHE_TTL=90s",
		"INFLUXION_HASH_SIGNING=true",
		"INFLUXION_MAX_DOCUMENT_BYTES=2048",
		"INFLUXION_CERTIFICATE_ROLES=true",
		"INFLUXION_TENANT_ROLES="+otherGUID+"/sign.invoices, "+otherGUID+"/hash.Contracts",
		"INFLUXION_CALLER_RATE=60, 4096", "INFLUXION_AUDIT_CONTAINER=https://seals.blob.core.windows.net/audit",
		"INFLUXION_TRUST_ANCHORS="+anchors, "INFLUXION_LOG_LEVEL=debug",
		"INFLUXION_TSA_URL=https://tsa.example:8443, http://tsa.example/tsr",
		"INFLUXION_DEFAULT_LEVEL=B-LTA", "INFLUXION_ALLOWED_NETWORKS=10.1.0.0/16, fd00::/8",
		"INFLUXION_APPEARANCE_FONT="+font, "INFLUXION_RENDERER_URL=https://renderer.example",
		"INFLUXION_RENDERER_SCOPE=api://renderer/.default", "INFLUXION_RENDERER_SCRIPTS=true",
		"INFLUXION_TEMPLATES_CONTAINER=https://seals.blob.core.windows.net/templates",
		"INFLUXION_JOBS_STORAGE_URL=https://jobs.blob.core.windows.net", "INFLUXION_JOBS_RETENTION=24h",
		"INFLUXION_PAGE=true", "INFLUXION_PAGE_CLIENT_ID="+otherGUID,
		"INFLUXION_PAGE_AUTHORITY_HOST=https://signin.example/",
		"INFLUXION_TSA_USER=us", "INFLUXION_TSA_PASSWORD=s3cret\n", "INFLUXION_TSA_API_KEY=k3y\r\n",
		"INFLUXION_TSA_API_KEY_HEADER=X-Key",
		"INFLUXION_TSA_CLIENT_CERTIFICATE="+clientCertificate(t, time.Now()),
		"INFLUXION_OUTBOUND_PROXY=http://u:s3cret@proxy.example:3128",
		"INFLUXION_OUTBOUND_HOSTS=ocsp.example.com, *.pki.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://jobs.queue.core.windows.net"; got.Jobs.JobsQueueURL != want {
		t.Errorf("got the queues %s, want those of the account: %s", got.Jobs.JobsQueueURL, want)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		checkNothingZero(t, field.Name, reflect.ValueOf(*got).FieldByIndex(field.Index))
	}
	if want := []string{"invoices", "contracts"}; !slices.Equal(got.Access.SigningCertificates, want) {
		t.Errorf("got certificates %q, want %q", got.Access.SigningCertificates, want)
	}
	if want := []string{"https://tsa.example:8443", "http://tsa.example/tsr"}; !slices.Equal(got.TSA.URLs, want) {
		t.Errorf("got timestamp authorities %q, want %q", got.TSA.URLs, want)
	}
	if want := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"),
		netip.MustParsePrefix("fd00::/8")}; !slices.Equal(got.Trust.Networks, want) {
		t.Errorf("got networks %v, want %v", got.Trust.Networks, want)
	}
	if chain := got.Keys.Files["invoices"]; len(chain) != 1 || !chain[0].Equal(root.Root()) {
		t.Errorf("got the certificate files %v, want that of invoices", got.Keys.Files)
	}
	if want := (rate.Limits{Requests: 60, Bytes: 4096}); got.Access.Rate != want || len(got.Access.Tenants) != 2 ||
		got.Access.Tenants[0].TenantID != otherGUID {
		t.Errorf("got the rate %+v and %+v, want %+v and both roles", got.Access.Rate, got.Access.Tenants, want)
	}
	if policy := got.policy(); !policy.ByRole || policy.HomeTenant != someGUID || len(policy.TenantRoles) != 2 ||
		len(policy.Certificates) != 2 {
		t.Errorf("got the policy %+v, want all that was set", policy)
	}
	if c := got.TSA.Credentials; c.User != "us" || c.Password != "s3cret" || c.Header != "X-Key" || c.Key != "k3y" ||
		c.Certificate == nil {
		t.Error("got other credentials for the timestamp authority than those that were set")
	}
	if text := fmt.Sprintf("%v", got.TSA.Credentials); strings.Contains(text, "s3cret") ||
		strings.Contains(text, "k3y") {
		t.Errorf("got %s printed, want nothing secret", text)
	}
	if len(got.Trust.Anchors) != 1 || !got.Trust.Anchors[0].Equal(root.Root()) {
		t.Errorf("got %d anchors, want the one in the file", len(got.Trust.Anchors))
	}
}

// checkNothingZero: every setting of a group has a value.
func checkNothingZero(t *testing.T, name string, value reflect.Value) {
	t.Helper()
	if value.Kind() != reflect.Struct || value.Type() == reflect.TypeFor[trustservices.Credentials]() {
		if value.IsZero() {
			t.Errorf("got no value in %s, want the setting", name)
		}
		return
	}
	for i := range value.NumField() {
		checkNothingZero(t, name+"."+value.Type().Field(i).Name, value.Field(i))
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	notPEM := filepath.Join(t.TempDir(), "not.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	keyFolder, oddFolder := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(keyFolder, "seal.pem"), []byte(clientCertificate(t, time.Now())),
		0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(oddFolder, "my seal.pem"), pkitest.PEM(stranger(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadConfig(goodEnviron("INFLUXION_CLIENT_URL=https://signing.example.org",
		"INFLUXION_CLIENT_SECRET=x")); err != nil {
		t.Errorf("got %v for settings of the command line, want them left alone", err)
	}
	const (
		tsa        = "INFLUXION_TSA_URL=https://tsa.example"
		allowOther = "INFLUXION_AZURE_ALLOWED_TENANTS=" + someGUID + "," + otherGUID
		withRoles  = allowOther + "\nINFLUXION_CERTIFICATE_ROLES=true"
	)
	for _, test := range []struct{ name, change, variable string }{ // changes are one a line
		{"tenant missing", "INFLUXION_AZURE_TENANT_ID=", "INFLUXION_AZURE_TENANT_ID is missing"},
		{"tenant a name", "INFLUXION_AZURE_TENANT_ID=common", "INFLUXION_AZURE_TENANT_ID is not a GUID"},
		{"API missing", "INFLUXION_AZURE_API_CLIENT_ID= ", "INFLUXION_AZURE_API_CLIENT_ID is missing"},
		{"vault missing", "INFLUXION_VAULT_URL=", "INFLUXION_VAULT_URL is missing"},
		{"vault without TLS", "INFLUXION_VAULT_URL=http://seals.vault.azure.net", "INFLUXION_VAULT_URL"},
		{"vault with a path", "INFLUXION_VAULT_URL=https://seals.vault.azure.net/secrets", "INFLUXION_VAULT_URL"},
		{"vault with a user", "INFLUXION_VAULT_URL=https://a@seals.vault.azure.net", "INFLUXION_VAULT_URL"},
		{"vault with a query", "INFLUXION_VAULT_URL=https://seals.vault.azure.net/?a", "INFLUXION_VAULT_URL"},
		{"vault with a port", "INFLUXION_VAULT_URL=https://seals.vault.azure.net:8443", "INFLUXION_VAULT_URL"},
		{"vault by its IP address", "INFLUXION_VAULT_URL=https://10.0.0.4", "INFLUXION_VAULT_URL"},
		{"vault on this machine", "INFLUXION_VAULT_URL=https://localhost", "INFLUXION_VAULT_URL"},
		{"page of no client", "INFLUXION_PAGE_CLIENT_ID=nobody", "INFLUXION_PAGE_CLIENT_ID"},
		{"page that is neither", "INFLUXION_PAGE=perhaps", "INFLUXION_PAGE"},
		{"page with an authority without TLS", "INFLUXION_PAGE_AUTHORITY_HOST=http://signin.example",
			"INFLUXION_PAGE_AUTHORITY_HOST"},
		{"page with an authority that adds to the policy", "INFLUXION_PAGE_AUTHORITY_HOST=https://a;script-src",
			"INFLUXION_PAGE_AUTHORITY_HOST"},
		{"authority without a host", "INFLUXION_AZURE_AUTHORITY_HOST=https://:443", "INFLUXION_AZURE_AUTHORITY_HOST"},
		{"authority with no port", "INFLUXION_AZURE_AUTHORITY_HOST=https://login.example:x",
			"INFLUXION_AZURE_AUTHORITY_HOST"},
		{"authority with a path", "INFLUXION_AZURE_AUTHORITY_HOST=https://login.example/common",
			"INFLUXION_AZURE_AUTHORITY_HOST"},
		{"scope in other letters", "INFLUXION_AZURE_DEFAULT_SCOPE=api://" + otherGUID + "/scop\u00e9",
			"INFLUXION_AZURE_DEFAULT_SCOPE"},
		{"authority without TLS", "INFLUXION_AZURE_AUTHORITY_HOST=http://login.microsoftonline.com",
			"INFLUXION_AZURE_AUTHORITY_HOST"},
		{"scope of another API", "INFLUXION_AZURE_DEFAULT_SCOPE=api://other/.default", "INFLUXION_AZURE_DEFAULT_SCOPE"},
		{"scope without a name", "INFLUXION_AZURE_DEFAULT_SCOPE=api://" + otherGUID + "/",
			"INFLUXION_AZURE_DEFAULT_SCOPE"},
		{"secret without client", "INFLUXION_AZURE_CLIENT_SECRET=hunter2",
			"INFLUXION_AZURE_CLIENT_SECRET has no INFLUXION_AZURE_CLIENT_ID"},
		{"client not a GUID", "INFLUXION_AZURE_CLIENT_ID=me", "INFLUXION_AZURE_CLIENT_ID"},
		{"tenants not GUIDs", "INFLUXION_AZURE_ALLOWED_TENANTS=" + someGUID + ",*", "INFLUXION_AZURE_ALLOWED_TENANTS"},
		{"clients not GUIDs", "INFLUXION_AZURE_ALLOWED_CLIENTS=*", "INFLUXION_AZURE_ALLOWED_CLIENTS"},
		{"certificate name", "INFLUXION_SIGNING_CERTIFICATES=invoices,../keys", "INFLUXION_SIGNING_CERTIFICATES"},
		{"empty certificate name", "INFLUXION_SIGNING_CERTIFICATES=invoices,,contracts",
			"INFLUXION_SIGNING_CERTIFICATES"},
		{"TTL without unit", "INFLUXION_CERTIFICATE_CACHE_TTL=600",
			"INFLUXION_CERTIFICATE_CACHE_TTL has no readable value"},
		{"TTL zero", "INFLUXION_CERTIFICATE_CACHE_TTL=0s", "INFLUXION_CERTIFICATE_CACHE_TTL is out of range"},
		{"TTL too long", "INFLUXION_CERTIFICATE_CACHE_TTL=25h", "INFLUXION_CERTIFICATE_CACHE_TTL is out of range"},
		{"key mode unknown", "INFLUXION_KEY_MODE=hsm", "INFLUXION_KEY_MODE is not a mode"},
		{"keys by http", "INFLUXION_KEY_URL=http://seals.managedhsm.azure.net",
			"INFLUXION_KEY_URL is not the https address"},
		{"keys in memory and elsewhere",
			"INFLUXION_KEY_MODE=memory\nINFLUXION_KEY_URL=https://seals.managedhsm.azure.net",
			"INFLUXION_KEY_MODE rules out INFLUXION_KEY_URL"},
		{"certificate files absent", "INFLUXION_CERTIFICATE_FILES=/nowhere/at/all",
			"INFLUXION_CERTIFICATE_FILES holds no PEM files"},
		{"certificate files with a key", "INFLUXION_CERTIFICATE_FILES=" + keyFolder,
			"INFLUXION_CERTIFICATE_FILES holds a file that holds a block that is not a certificate"},
		{"certificate files by other names", "INFLUXION_CERTIFICATE_FILES=" + oddFolder,
			"INFLUXION_CERTIFICATE_FILES holds a file whose name"},
		{"limit not a number", "INFLUXION_MAX_DOCUMENT_BYTES=100MB",
			"INFLUXION_MAX_DOCUMENT_BYTES has no readable value"},
		{"limit negative", "INFLUXION_MAX_DOCUMENT_BYTES=-1", "INFLUXION_MAX_DOCUMENT_BYTES is out of range"},
		{"neither true nor false", "INFLUXION_HASH_SIGNING=yes",
			"INFLUXION_HASH_SIGNING has no readable value: write true or false"},
		{"level unknown", "INFLUXION_LOG_LEVEL=loud", "INFLUXION_LOG_LEVEL has no readable value"},
		{"anchors absent", "INFLUXION_TRUST_ANCHORS=/nowhere/at/all.pem", "INFLUXION_TRUST_ANCHORS cannot be read"},
		{"anchors not PEM", "INFLUXION_TRUST_ANCHORS=" + notPEM, "INFLUXION_TRUST_ANCHORS holds no certificate"},
		{"TSA without a scheme", "INFLUXION_TSA_URL=tsa.example",
			"INFLUXION_TSA_URL holds an entry that is not the address"},
		{"TSA by another scheme", "INFLUXION_TSA_URL=http://tsa.example,ldap://tsa.example",
			"INFLUXION_TSA_URL holds an entry that is not the address"},
		{"TSA with a user", "INFLUXION_TSA_URL=https://user:hunter2@tsa.example",
			"INFLUXION_TSA_URL holds an entry that is not the address"},
		{"signature level unknown", "INFLUXION_DEFAULT_LEVEL=B-X", "INFLUXION_DEFAULT_LEVEL is not a level"},
		{"signature level without a TSA", "INFLUXION_DEFAULT_LEVEL=B-LTA",
			"INFLUXION_DEFAULT_LEVEL needs INFLUXION_TSA_URL"},
		{"networks not networks", "INFLUXION_ALLOWED_NETWORKS=10.0.0.1",
			"INFLUXION_ALLOWED_NETWORKS holds an entry that is not a network"},
		{"networks with the platform's own", "INFLUXION_ALLOWED_NETWORKS=0.0.0.0/0",
			"INFLUXION_ALLOWED_NETWORKS holds an address of the platform"},
		{"font absent", "INFLUXION_APPEARANCE_FONT=/nowhere/at/all.ttf", "INFLUXION_APPEARANCE_FONT cannot be read"},
		{"font not a font", "INFLUXION_APPEARANCE_FONT=config_test.go",
			"INFLUXION_APPEARANCE_FONT cannot be used: the font is not a TrueType file"},
		{"networks of IPv4 as IPv6", "INFLUXION_ALLOWED_NETWORKS=::ffff:10.0.0.0/104",
			"INFLUXION_ALLOWED_NETWORKS holds an entry that is not a network"},
		{"TSA user without a password", tsa + "\nINFLUXION_TSA_USER=hunter2", "INFLUXION_TSA_PASSWORD cannot be used"},
		{"TSA password without a user", tsa + "\nINFLUXION_TSA_PASSWORD=hunter2",
			"INFLUXION_TSA_PASSWORD cannot be used"},
		{"TSA password in the clear",
			"INFLUXION_TSA_URL=http://tsa.example,https://tsa.example" +
				"\nINFLUXION_TSA_USER=a\nINFLUXION_TSA_PASSWORD=hunter2",
			"INFLUXION_TSA_PASSWORD needs an authority with an https address"},
		{"TSA key without a TSA", "INFLUXION_TSA_API_KEY=hunter2", "INFLUXION_TSA_API_KEY needs an authority"},
		{"TSA key in the host's header", tsa + "\nINFLUXION_TSA_API_KEY_HEADER=Host\nINFLUXION_TSA_API_KEY=hunter2",
			"INFLUXION_TSA_API_KEY cannot be used"},
		{"TSA certificate garbage", tsa + "\nINFLUXION_TSA_CLIENT_CERTIFICATE=hunter2",
			"INFLUXION_TSA_CLIENT_CERTIFICATE cannot be used"},
		{"TSA certificate without a key",
			tsa + "\nINFLUXION_TSA_CLIENT_CERTIFICATE=" + string(pkitest.PEM(stranger(t))),
			"INFLUXION_TSA_CLIENT_CERTIFICATE cannot be used"},
		{"TSA password not resolved", tsa +
			"\nINFLUXION_TSA_USER=a" +
			"\nINFLUXION_TSA_PASSWORD=@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/hunter2)",
			"INFLUXION_TSA_PASSWORD is a reference to a secret that the platform cannot read"},
		{"TSA certificate not resolved",
			tsa + "\nINFLUXION_TSA_CLIENT_CERTIFICATE=@Microsoft.KeyVault(VaultName=v;SecretName=hunter2)",
			"INFLUXION_TSA_CLIENT_CERTIFICATE is a reference"},
		{"proxy without hosts", "INFLUXION_OUTBOUND_PROXY=http://proxy.example:3128",
			"INFLUXION_OUTBOUND_HOSTS is missing"},
		{"hosts without a proxy", "INFLUXION_OUTBOUND_HOSTS=ocsp.example.com", "INFLUXION_OUTBOUND_PROXY is missing"},
		{"proxy with a path",
			"INFLUXION_OUTBOUND_HOSTS=ocsp.example.com\nINFLUXION_OUTBOUND_PROXY=http://u:hunter2@proxy.example/p",
			"INFLUXION_OUTBOUND_PROXY is not the address"},
		{"proxy for every host", "INFLUXION_OUTBOUND_PROXY=http://proxy.example:3128\nINFLUXION_OUTBOUND_HOSTS=*",
			"INFLUXION_OUTBOUND_HOSTS cannot be used"},
		{"proxy for an address",
			"INFLUXION_OUTBOUND_PROXY=http://proxy.example:3128\nINFLUXION_OUTBOUND_HOSTS=169.254.169.254",
			"INFLUXION_OUTBOUND_HOSTS cannot be used"},
		{"roles neither true nor false", "INFLUXION_CERTIFICATE_ROLES=maybe",
			"INFLUXION_CERTIFICATE_ROLES has no readable value: write true or false"},
		{"tenant role without roles", allowOther + "\nINFLUXION_TENANT_ROLES=" + otherGUID + "/sign.hunter2",
			"INFLUXION_TENANT_ROLES has no effect without INFLUXION_CERTIFICATE_ROLES"},
		{"tenant role for hashes without the switch",
			withRoles + "\nINFLUXION_TENANT_ROLES=" + otherGUID + "/hash.hunter2",
			"INFLUXION_TENANT_ROLES has no effect without INFLUXION_HASH_SIGNING"},
		{"tenant role for what is not used", withRoles + "\nINFLUXION_SIGNING_CERTIFICATES=invoices,contracts" +
			"\nINFLUXION_TENANT_ROLES=" + otherGUID + "/sign.invoices," + otherGUID + "/sign.hunter2",
			"INFLUXION_TENANT_ROLES names a certificate that is not one of INFLUXION_SIGNING_CERTIFICATES"},
		{"tenant role for every certificate", withRoles + "\nINFLUXION_TENANT_ROLES=" + otherGUID + "/sign.*",
			"INFLUXION_TENANT_ROLES holds an entry that is not a role"},
		{"tenant role of no operation", withRoles + "\nINFLUXION_TENANT_ROLES=" + otherGUID + "/hunter2",
			"INFLUXION_TENANT_ROLES holds an entry that is not a role"},
		{"tenant role of no tenant", withRoles + "\nINFLUXION_TENANT_ROLES=sign.hunter2",
			"INFLUXION_TENANT_ROLES holds an entry that is not a role"},
		{"tenant role of a name", withRoles + "\nINFLUXION_TENANT_ROLES=hunter2/sign.a",
			"INFLUXION_TENANT_ROLES holds a tenant whose ID"},
		{"tenant role of the home tenant", withRoles + "\nINFLUXION_TENANT_ROLES=" + someGUID + "/sign.hunter2",
			"INFLUXION_TENANT_ROLES names the home tenant"},
		{"tenant role of a tenant that may not call", "INFLUXION_CERTIFICATE_ROLES=true\nINFLUXION_TENANT_ROLES=" +
			otherGUID + "/sign.hunter2", "INFLUXION_TENANT_ROLES names a tenant whose callers are not allowed"},
		{"rate of one number", "INFLUXION_CALLER_RATE=6000", "INFLUXION_CALLER_RATE is not two numbers"},
		{"rate of words", "INFLUXION_CALLER_RATE=60,100MB", "INFLUXION_CALLER_RATE is not two numbers"},
		{"rate below nothing", "INFLUXION_CALLER_RATE=-60,0", "INFLUXION_CALLER_RATE is not two numbers"},
		{"rate that limits nothing", "INFLUXION_CALLER_RATE=0,0", "INFLUXION_CALLER_RATE limits nothing"},
		{"rate below a document", "INFLUXION_CALLER_RATE=60,104857599", "INFLUXION_CALLER_RATE has fewer bytes than"},
		{"templates with a signature", "INFLUXION_RENDERER_URL=https://renderer.example\n" +
			"INFLUXION_TEMPLATES_CONTAINER=https://a.blob.core.windows.net/templates?sig=hunter2",
			"INFLUXION_TEMPLATES_CONTAINER is not the https address of a container"},
		{"templates without a renderer", "INFLUXION_TEMPLATES_CONTAINER=https://a.blob.core.windows.net/templates",
			"INFLUXION_TEMPLATES_CONTAINER has no INFLUXION_RENDERER_URL"},
		{"jobs with a signature", "INFLUXION_JOBS_STORAGE_URL=https://a.blob.core.windows.net?sig=hunter2",
			"INFLUXION_JOBS_STORAGE_URL is not the https address of a storage account"},
		{"jobs in a container", "INFLUXION_JOBS_STORAGE_URL=https://a.blob.core.windows.net/a/b",
			"INFLUXION_JOBS_STORAGE_URL is not the https address of a storage account"},
		{"jobs by http", "INFLUXION_JOBS_STORAGE_URL=http://a.blob.core.windows.net",
			"INFLUXION_JOBS_STORAGE_URL is not the https address of a storage account"},
		{"jobs of an emulator without queues", "INFLUXION_JOBS_STORAGE_URL=https://127.0.0.1:10000/account",
			"INFLUXION_JOBS_QUEUE_URL is missing"},
		{"queues without jobs", "INFLUXION_JOBS_QUEUE_URL=https://a.queue.core.windows.net",
			"INFLUXION_JOBS_QUEUE_URL has no INFLUXION_JOBS_STORAGE_URL"},
		{"queues by http", "INFLUXION_JOBS_STORAGE_URL=https://a.blob.core.windows.net\n" +
			"INFLUXION_JOBS_QUEUE_URL=http://a.queue.core.windows.net",
			"INFLUXION_JOBS_QUEUE_URL is not the https address"},
		{"jobs kept for a minute", "INFLUXION_JOBS_RETENTION=1m", "INFLUXION_JOBS_RETENTION is out of range"},
		{"container with a signature", "INFLUXION_AUDIT_CONTAINER=https://a.blob.core.windows.net/audit?sig=hunter2",
			"INFLUXION_AUDIT_CONTAINER is not the https address of a container"},
		{"container without a name", "INFLUXION_AUDIT_CONTAINER=https://a.blob.core.windows.net/",
			"INFLUXION_AUDIT_CONTAINER is not the https address of a container"},
		{"misspelt setting", "INFLUXION_SIGNING_CERTIFCATES=invoices",
			"INFLUXION_SIGNING_CERTIFCATES is not a setting"},
		{"no host", "FUNCTIONS_CUSTOMHANDLER_PORT=", "FUNCTIONS_CUSTOMHANDLER_PORT is not a port"},
		{"port too large", "FUNCTIONS_CUSTOMHANDLER_PORT=65536", "FUNCTIONS_CUSTOMHANDLER_PORT is not a port"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := loadConfig(goodEnviron(splitSettings(test.change)...))
			if err == nil || !strings.Contains(err.Error(), test.variable) {
				t.Fatalf("got %v, want a fault that says %q", err, test.variable)
			}
			if lines := strings.Count(err.Error(), "\n"); lines != 0 {
				t.Errorf("got %d more faults, want one: %v", lines, err)
			}
			if _, value, _ := strings.Cut(test.change, "="); len(value) > 3 && strings.Contains(err.Error(), value) ||
				strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got the value in the message, want it left out: %v", err)
			}
		})
	}
}

// splitSettings splits a text into settings. A setting begins a line and may have several lines.
func splitSettings(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\nINFLUXION_", "\x00INFLUXION_"), "\x00")
}

func stranger(t *testing.T) *x509.Certificate {
	t.Helper()
	root, err := pkitest.NewRoot("Stranger", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return root.Root()
}

// clientCertificate is a secret's value: PEM of a certificate that is valid at a time, with its
// key.
func clientCertificate(t *testing.T, at time.Time) string {
	t.Helper()
	root, err := pkitest.NewRoot("Clients", at)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := root.Issue(pkitest.SigningTemplate("Client", at), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pkitest.PEM(chain...)) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// An expired client certificate prevents nothing but the timestamps that need it.
func TestExpiredClientCertificate(t *testing.T) {
	t.Parallel()
	old := clientCertificate(t, time.Now().AddDate(-9, 0, 0))
	got, err := loadConfig(goodEnviron("INFLUXION_TSA_URL=https://tsa.example",
		"INFLUXION_TSA_CLIENT_CERTIFICATE="+old))
	if err != nil || got.TSA.Credentials.Certificate == nil ||
		time.Now().Before(got.TSA.Credentials.Certificate.Leaf.NotAfter) {
		t.Errorf("got %v, want the certificate that has expired", err)
	}
}

// The portal shows addresses that may end in a slash. Addresses that are built from them must not
// have two.
func TestConfigTrimsTheAuthority(t *testing.T) {
	t.Parallel()
	got, err := loadConfig(goodEnviron("INFLUXION_AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/"))
	if err != nil || got.Azure.AuthorityHost != "https://login.microsoftonline.us" {
		t.Errorf("got %+v (%v), want no slash at the end of the authority", got, err)
	}
}

func TestConfigReportsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := loadConfig(map[string]string{"INFLUXION_LOG_LEVEL": "loud", "INFLUXION_MAX_DOCUMENT_BYTES": "1",
		"INFLUXION_TYPO": "x"})
	if err == nil {
		t.Fatal("got no error, want every fault")
	}
	for _, variable := range []string{"INFLUXION_AZURE_TENANT_ID", "INFLUXION_AZURE_API_CLIENT_ID",
		"INFLUXION_VAULT_URL", "INFLUXION_LOG_LEVEL",
		"INFLUXION_MAX_DOCUMENT_BYTES", "INFLUXION_TYPO", "FUNCTIONS_CUSTOMHANDLER_PORT"} {
		if !strings.Contains(err.Error(), variable) {
			t.Errorf("got %v, want a fault of %s too", err, variable)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	dotenv := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(dotenv,
		[]byte("# a comment\nINFLUXION_A=file\nINFLUXION_B=\"two words\"\nINFLUXION_C=restricts\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	got, err := environment([]string{"INFLUXION_A=process", "INFLUXION_C= ", "OTHER=x=y"}, dotenv)
	if err != nil {
		t.Fatal(err)
	}
	// An empty variable must not remove what the file restricts.
	if want := map[string]string{"INFLUXION_A": "process", "INFLUXION_B": "two words", "INFLUXION_C": "restricts",
		"OTHER": "x=y"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := environment(nil, filepath.Join(t.TempDir(), "absent")); err != nil {
		t.Errorf("got %v without a .env file, want none", err)
	}
	if err := os.WriteFile(dotenv, []byte("INFLUXION_AZURE_CLIENT_SECRET 'hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := environment(nil, dotenv); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error that does not quote the file", err)
	}
}

func TestExampleSettingsAgreeWithConfig(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../local.settings.json.example")
	if err != nil {
		t.Fatal(err)
	}
	var example struct{ Values map[string]string }
	if err := json.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for name := range example.Values {
		if setting, ok := strings.CutPrefix(name, prefix); ok {
			got = append(got, setting)
		}
	}
	want = slices.Collect(maps.Values(variables()))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v in the example, want %v", got, want)
	}
	example.Values[portVariable] = "0"
	if _, err := loadConfig(example.Values); err != nil {
		t.Errorf("got %v, want an example that starts", err)
	}
	if runtime := example.Values["FUNCTIONS_WORKER_RUNTIME"]; runtime != "custom" {
		t.Errorf("got worker runtime %q, want custom", runtime)
	}
}
