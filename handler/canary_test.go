package main_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// Whatever happens, no token, key, PFX, document byte or vault address may appear in a log, an
// answer that is an error, or a file.
func TestNothingLeaks(t *testing.T) {
	const marker = "canary-in-the-document"
	document := pdftest.File{Objects: append(pdftest.Pages(1, ""), pdftest.Stream("", marker))}.Bytes()
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256, CacheTTL: time.Second},
		hosttest.Config{Environ: []string{"INFLUXION_LOG_LEVEL=debug"}})

	// A key of our own in the vault, so that the test knows what to look for.
	chain, key, err := p.NewChain(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Vault.PutCertificate(p.CertificateName, keyvaulttest.Modern, chain, key); err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	_, pfx, err := keyvaulttest.Encode(keyvaulttest.Modern, chain, key)
	if err != nil {
		t.Fatal(err)
	}
	token := p.token(t)
	secrets := map[string]string{
		"access token's claims":    strings.Split(token, ".")[1],
		"access token's signature": strings.Split(token, ".")[2],
		// after the beginning, which all keys of the kind have in common
		"key in base64":       base64.StdEncoding.EncodeToString(pkcs8)[64:],
		"key in hex":          hex.EncodeToString(pkcs8)[80:],
		"PFX":                 pfx[:64],
		"document":            marker,
		"document in base64":  base64.StdEncoding.EncodeToString([]byte(marker))[:24],
		"vault's address":     ".vault.azure.net",
		"query":               "reason-in-the-query",
		"tenant in an answer": "", // filled below, for answers alone
	}

	var answers bytes.Buffer
	call := func(path, contentType, authorization string, body []byte) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.host.URL()+path,
			bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", authorization)
		request.Header.Set("Content-Type", contentType)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode >= 400 {
			if _, err := io.Copy(&answers, response.Body); err != nil {
				t.Fatal(err)
			}
		}
	}
	bearer := "Bearer " + token
	query := "/api/sign?reason=reason-in-the-query"
	call(query, "application/pdf", bearer, document)
	call("/api/verify", "application/pdf", bearer, document)
	call(query, "application/pdf", bearer, document[:len(document)/2])
	call(query, "application/pdf", bearer+"x", document)
	call(query, "application/pdf", "Basic "+token, document)
	call(query+"&access_token="+token, "application/pdf", "", document)
	call(query, "application/json", bearer, []byte(`{"document":"`+base64.StdEncoding.EncodeToString(document)+`","reason":7}`))
	call(query, "multipart/form-data; boundary=x", bearer, document)
	call("/api/sign/"+token, "application/pdf", bearer, document)
	for _, fault := range []keyvaulttest.Kind{
		keyvaulttest.ForbiddenByRBAC, keyvaulttest.ForbiddenByFirewall, keyvaulttest.Throttled,
		keyvaulttest.ServerError, keyvaulttest.Down,
		keyvaulttest.Garbage, keyvaulttest.Huge, keyvaulttest.ForeignChallenge, keyvaulttest.BrokenChallenge,
		keyvaulttest.Redirect,
	} {
		p.Vault.SetFault(keyvaulttest.Fault{Kind: fault})
		// A version that is not cached, so that the vault is asked.
		call(query+"&version="+strings.Repeat(hex.EncodeToString([]byte(fault))[:2], 16), "application/pdf", bearer,
			document)
	}
	p.Vault.ClearFault()
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
		t.Errorf("got %v at the end, want a signature", err)
	}
	p.host.Close()

	places := map[string]string{"log": p.log.String(), "answers": answers.String()}
	for name, content := range everyFile(t, staged) {
		if !strings.HasSuffix(name, "/handler") { // the program itself names the clouds' vault domains
			places[name] = string(content)
		}
	}
	secrets["tenant in an answer"] = p.TenantID
	if answers.Len() == 0 || len(p.log.Lines()) == 0 {
		t.Fatal("got no errors or no log to look at")
	}
	for place, content := range places {
		for name, secret := range secrets {
			if name == "tenant in an answer" && place != "answers" {
				continue // the log and the audit name the caller's tenant
			}
			if at := strings.Index(content, secret); at >= 0 {
				t.Errorf("got the %s in the %s: …%s…", name, place, content[max(0, at-150):min(len(content), at+80)])
			}
		}
	}
}
