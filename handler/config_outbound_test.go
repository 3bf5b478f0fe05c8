package main_test

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// secretPEM is the value of a secret behind a certificate.
func secretPEM(t *testing.T, key crypto.Signer, chain ...[]byte) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, one := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: one})...)
	}
	return string(text)
}

func startCloud(t *testing.T) *cloudtest.Cloud {
	t.Helper()
	cloud, err := cloudtest.Start(t.Context(), cloudtest.Config{Algorithm: pkitest.P256})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	return cloud
}

// startIn starts the handler in a cloud whose vault has been filled.
func startIn(t *testing.T, cloud *cloudtest.Cloud, environ ...string) *program {
	t.Helper()
	p := &program{Cloud: cloud, log: &hosttest.Transcript{}}
	var err error
	if p.host, err = cloud.StartHost(t.Context(),
		hosttest.Config{Root: staged, Log: p.log.Record, Environ: environ}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.host.Close() })
	if err := p.host.Ready(t.Context()); err != nil {
		t.Fatalf("%v: %s", err, p.log.Tail())
	}
	return p
}

// Signing with a certificate that violates X.509 has one of two outcomes. Either it signs, and our
// own verifier finds the signature intact and names the certificate; or it reports that the
// certificate cannot be used, and the log says why.
func TestOddCertificatesSignOrSayWhyNot(t *testing.T) {
	oddities := pkitest.Oddities()
	names := make([]string, len(oddities))
	for i := range oddities {
		names[i] = fmt.Sprintf("odd-%d", i)
	}
	cloud := startCloud(t)
	issuing := cloud.Trust.Authority(trusttest.Issuing)
	for i, odd := range oddities {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		der, err := issuing.IssueParts(pkitest.SigningTemplate("Odd Seal", time.Now()), key.Public(), odd.Alter)
		if err != nil {
			t.Fatal(err)
		}
		value := secretPEM(t, key, der, issuing.Chain[0].Raw, issuing.Chain[1].Raw)
		if _, err := cloud.Vault.Put(names[i],
			keyvaulttest.Secret{Value: value, ContentType: "application/x-pem-file", Managed: true}); err != nil {
			t.Fatal(err)
		}
	}
	p := startIn(t, cloud, "INFLUXION_SIGNING_CERTIFICATES="+strings.Join(names, ","))
	used, refused := 0, map[string]error{}
	for i, odd := range oddities {
		file, signed, err := sign(t.Context(), p.client(), pdftest.Sample(0),
			client.Options{Certificate: names[i], Level: "B-T"})
		if err != nil {
			refused[names[i]] = fmt.Errorf("%s: %w", odd.Name, err)
			continue
		}
		used++
		report, err := p.client().Verify(t.Context(), bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		got := report.Signatures[0]
		if got.Indication == "TOTAL-FAILED" || got.Signer == nil || got.Signer.Fingerprint != signed.Fingerprint ||
			len(got.Timestamps) != 1 {
			t.Errorf("%s: got %s %s by %+v, want it intact and its signer named", odd.Name, got.Indication,
				got.SubIndication, got.Signer)
		}
	}
	lines := strings.Split(p.log.String(), "\n")
	for name, err := range refused {
		said := slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, `"certificate":"`+name+`",`) &&
				(strings.Contains(line, "clearly") || strings.Contains(line, "key usage") ||
					strings.Contains(line, "authority"))
		})
		if refusal(err) != "404 certificate_not_found" || !said {
			t.Errorf("got %v, want it used or a cause that says why not", err)
		}
	}
	if used == 0 || used == len(oddities) {
		t.Errorf("got %d of %d odd certificates used, want those that say clearly what they are for", used,
			len(oddities))
	}
}

// companyNetwork is a company whose trust services can be reached only through its proxy, and whose
// timestamp authority requires credentials.
type companyNetwork struct {
	*trusttest.Services
	proxy       *trusttest.Proxy
	certificate string // of the client, as the vault has it
	roots       []*x509.Certificate
}

func startCompanyNetwork(t *testing.T) *companyNetwork {
	t.Helper()
	const authorityHost, timestampHost = "pki.company.example", "tsa.company.example"
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	services, err := trusttest.New(trusttest.Config{Listener: plain, URL: "http://" + authorityHost, Name: "Company",
		Without: []trusttest.Service{trusttest.OCSP}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	web, err := pkitest.NewRoot("Company Web Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string, usage x509.ExtKeyUsage) ([]byte, crypto.Signer) {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		template := pkitest.SigningTemplate(name, time.Now())
		template.DNSNames, template.ExtKeyUsage = []string{name}, []x509.ExtKeyUsage{usage}
		chain, err := web.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return chain[0].Raw, key
	}
	server, serverKey := issue(timestampHost, x509.ExtKeyUsageServerAuth)
	clientDER, clientKey := issue("influxion.company.example", x509.ExtKeyUsageClientAuth)
	clients := x509.NewCertPool()
	clients.AddCert(web.Root())
	secured, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{server}, PrivateKey: serverKey}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: clients,
	})
	if err != nil {
		t.Fatal(err)
	}
	timestamps := &http.Server{Handler: services, ReadHeaderTimeout: time.Minute}
	go timestamps.Serve(secured)
	t.Cleanup(func() { timestamps.Close() })
	proxy, err := trusttest.NewProxy(map[string]string{authorityHost: plain.Addr().String(),
		timestampHost: secured.Addr().String()}, "proxy:hunter3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	return &companyNetwork{services, proxy, secretPEM(t, clientKey, clientDER),
		[]*x509.Certificate{web.Root(), services.Root}}
}

// environ are the settings with which the handler reaches the company's trust services.
func (c *companyNetwork) environ(t *testing.T, cloudRoots string) []string {
	t.Helper()
	folder := t.TempDir()
	roots, err := os.ReadFile(cloudRoots)
	if err != nil {
		t.Fatal(err)
	}
	all, anchors := filepath.Join(folder, "roots.pem"), filepath.Join(folder, "anchors.pem")
	for name, text := range map[string][]byte{all: append(roots, pkitest.PEM(c.roots...)...),
		anchors: pkitest.PEM(c.Root)} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{
		"SSL_CERT_FILE=" + all, "INFLUXION_TRUST_ANCHORS=" + anchors, "INFLUXION_ALLOWED_NETWORKS=",
		"INFLUXION_TSA_URL=https://tsa.company.example/tsa",
		"INFLUXION_TSA_USER=influxion", "INFLUXION_TSA_PASSWORD=hunter1", "INFLUXION_TSA_API_KEY=hunter2",
		"INFLUXION_TSA_CLIENT_CERTIFICATE=" + c.certificate,
		"INFLUXION_OUTBOUND_PROXY=" + strings.Replace(c.proxy.URL, "://", "://proxy:hunter3@", 1),
		"INFLUXION_OUTBOUND_HOSTS=*.company.example",
	}
}

// In the network of a company, B-LTA is reached with a certificate of its own authority: through
// its proxy, with the credentials that its timestamp authority requires, and with CRLs in PEM. None
// of the secrets is in the log, and no trust service is asked except through the proxy.
func TestTrustServicesOfCompanies(t *testing.T) {
	company := startCompanyNetwork(t)
	company.Demand(trusttest.Demand{User: "influxion", Password: "hunter1", Header: "X-API-Key", Key: "hunter2",
		ClientCertificate: true})
	company.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.InPEM})
	cloud := startCloud(t)
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := company.Issue(pkitest.SigningTemplate("Company Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.Vault.PutCertificate(cloud.CertificateName, keyvaulttest.Modern, chain, key); err != nil {
		t.Fatal(err)
	}
	p := startIn(t, cloud, company.environ(t, cloud.RootFile())...)
	file, signed, err := sign(t.Context(), p.client(), pdftest.Sample(0), client.Options{Level: "B-LTA"})
	if err != nil || signed.Level != "B-LTA" {
		t.Fatalf("got %+v and %v, want B-LTA: %s", signed, err, p.log.Tail())
	}
	report, err := p.client().Verify(t.Context(), bytes.NewReader(file))
	if err != nil || report.Summary.Passed != 2 || report.Signatures[0].Level != "B-LTA" {
		t.Errorf("got %+v and %v, want a signature at B-LTA that passes", report, err)
	}
	for _, host := range []string{"pki.company.example", "tsa.company.example"} {
		if !slices.Contains(company.proxy.Asked(), host) {
			t.Errorf("got %q asked of the proxy, want %s", company.proxy.Asked(), host)
		}
	}
	if logged := p.log.String(); strings.Contains(logged, "hunter") || strings.Contains(logged, "PRIVATE KEY") {
		t.Errorf("got a secret in the log: %s", logged)
	}
	// With other credentials there is no timestamp, and the problem says why.
	company.Demand(trusttest.Demand{User: "influxion", Password: "changed"})
	response, body := p.do(t, http.MethodPost, "/api/sign?level=B-T", "application/pdf",
		bytes.NewReader(pdftest.Sample(0)))
	if response.StatusCode < 400 || !strings.Contains(string(body), "401: it does not accept the credentials") ||
		strings.Contains(string(body), "hunter") || strings.Contains(string(body), "company.example") {
		t.Errorf("got %d %s, want a problem about credentials", response.StatusCode, body)
	}
}

// A signature whose certificate is only on an indirect CRL contains all evidence, and passes
// without any request.
func TestIndirectListInDocuments(t *testing.T) {
	cloud := startCloud(t)
	cloud.Trust.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.Indirect, Of: trusttest.Issuing})
	point, err := cloud.Trust.IndirectPoint(trusttest.Issuing)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Indirect Seal", time.Now())
	template.ExtraExtensions = []pkix.Extension{point}
	chain, err := cloud.Trust.Issue(template, key.Public(), trusttest.OCSP, trusttest.CRL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.Vault.PutCertificate(cloud.CertificateName, keyvaulttest.Modern, chain, key); err != nil {
		t.Fatal(err)
	}
	p := startIn(t, cloud)
	file, _, err := sign(t.Context(), p.client(), pdftest.Sample(0), client.Options{Level: "B-LTA"})
	if err != nil {
		t.Fatalf("%v: %s", err, p.log.Tail())
	}
	for _, service := range []trusttest.Service{trusttest.OCSP, trusttest.CRL, trusttest.Issuers} {
		cloud.Trust.Fault(service, trusttest.Fault{Kind: trusttest.Down})
	}
	verifier := startIn(t, cloud) // one that holds nothing
	report, err := verifier.client().Verify(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	got := report.Signatures[0]
	if got.Indication != "TOTAL-PASSED" || got.Level != "B-LTA" {
		t.Fatalf("got %+v, want a signature at B-LTA that passes", got)
	}
	status := got.Chain[0].Revocation
	if status == nil || status.Status != "good" || status.Kind != "crl" || status.Source != "document" {
		t.Errorf("got the revocation %+v, want it good by the CRL in the document", status)
	}
}
