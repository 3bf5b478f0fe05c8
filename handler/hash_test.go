package main_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// The production handler signs hashes for a program that has the role, in both modes of the host,
// and for nobody else; the log has each hash.
func TestHashSigning(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]hosttest.Config{
		"proxy": {Mode: hosttest.Proxy}, "forward": {Mode: hosttest.Forward},
		"key in the vault": {Environ: []string{"INFLUXION_KEY_MODE=vault"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, cloudtest.Config{HashSigning: true}, config)
			c := p.asApplication(t)
			names, err := c.HashCertificates(t.Context())
			if err != nil || len(names) != 1 || names[0] != p.CertificateName {
				t.Fatalf("got the certificates %q (%v), want %s", names, err, p.CertificateName)
			}
			certificate, err := c.HashCertificate(t.Context(), names[0])
			if err != nil || len(certificate.Chain) != 3 {
				t.Fatalf("got %+v (%v), want a chain of three", certificate, err)
			}
			var hashes [][]byte
			for i := range 3 {
				sum := sha256.Sum256(fmt.Append(nil, i))
				hashes = append(hashes, sum[:])
			}
			signatures, err := c.SignHashes(t.Context(), certificate, crypto.SHA256, hashes)
			if err != nil {
				t.Fatal(err)
			}
			public := certificate.Chain[0].PublicKey.(*rsa.PublicKey)
			for i, hash := range hashes {
				if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, hash, signatures[i]); err != nil {
					t.Errorf("got signature %d: %v", i, err)
				}
			}
			if _, err := c.TimestampHash(t.Context(), crypto.SHA256, hashes[0]); err != nil {
				t.Errorf("got %v, want a timestamp", err)
			}
			_, err = p.client().SignHashes(t.Context(), certificate, crypto.SHA256, hashes)
			if got := refusal(err); got != "400 invalid_request" {
				t.Errorf("got %s for a person without the role, want 400 invalid_request", got)
			}
			p.host.Close() // all of its log is there
			for _, hash := range hashes {
				if !strings.Contains(p.log.String(), `"hash":"`+hex.EncodeToString(hash)+`"`) {
					t.Errorf("got no record of the hash %x", hash)
				}
			}
		})
	}
}

// Without the setting the handler offers no hash signing, whatever role the caller has.
func TestHashSigningIsOffByDefault(t *testing.T) {
	t.Parallel()
	p := start(t, cloudtest.Config{HashSigning: true}, hosttest.Config{Environ: []string{"INFLUXION_HASH_SIGNING="}})
	_, err := p.asApplication(t).HashCertificates(t.Context())
	if got := refusal(err); got != "404 invalid_request" {
		t.Errorf("got %s, want 404 invalid_request", got)
	}
}

// asApplication is a client of the API as the application Influxion Client.
func (p *program) asApplication(t *testing.T) *client.Client {
	t.Helper()
	credential, err := p.Credential()
	if err != nil {
		t.Fatal(err)
	}
	return p.clientAs(credential)
}
