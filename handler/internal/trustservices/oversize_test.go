package trustservices_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
)

// swollen is a certificate of some 40 KB, most of it short addresses.
func swollen(t *testing.T, template, issuer *x509.Certificate, public crypto.PublicKey,
	key crypto.Signer) *x509.Certificate {
	t.Helper()
	value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true,
		Bytes: bytes.Repeat([]byte{0x86, 2, 'a', ':'}, 10<<10)})
	if err != nil {
		t.Fatal(err)
	}
	template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if issuer == nil {
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// A hostile author of certificates can run their services too, and fill the caches with
// certificates that take far more memory than they have bytes.
func TestCertificatesThatSwellAreChargedForIt(t *testing.T) {
	t.Parallel()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = w.Write(answers[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	ca := swollen(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign}, nil, key.Public(), key)
	responder := swollen(t, &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Responder"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}, ca, key.Public(), key)
	leaf := swollen(t, &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Leaf"},
		OCSPServer: []string{server.URL + "/ocsp"}, IssuingCertificateURL: []string{server.URL + "/ca"}}, ca,
		key.Public(), key)
	now := time.Now()
	answers["/ca"] = ca.Raw
	if answers["/ocsp"], err = ocsp.CreateResponse(ca, responder,
		ocsp.Response{Status: ocsp.Good, SerialNumber: leaf.SerialNumber,
			ThisUpdate: now, NextUpdate: now.Add(time.Hour), Certificate: responder}, key); err != nil {
		t.Fatal(err)
	}
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	if _, err := source.Issuers(t.Context(), leaf); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Revocation(t.Context(), leaf, ca); err != nil {
		t.Fatal(err)
	}
	const least = 1 << 20
	if evidence, bundles := source.ChargedBytes(); evidence < least || bundles < least {
		t.Errorf("got %d bytes charged for evidence and %d for certificates, want at least %d each", evidence, bundles,
			least)
	}
}
