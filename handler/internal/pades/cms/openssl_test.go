package cms_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// openSSL is a TSA of another implementation, if it is installed.
type openSSL struct{ folder string }

func newOpenSSL(t *testing.T) openSSL {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is not installed: run .ci/validators/install.sh")
		}
		t.Skip("openssl is not installed")
	}
	o := openSSL{t.TempDir()}
	k := newToken(t, pkitest.RSA2048)
	key, err := x509.MarshalPKCS8PrivateKey(k.party.key)
	if err != nil {
		t.Fatal(err)
	}
	o.write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	o.write(t, "tsa.pem", pkitest.PEM(k.party.chain[0]))
	o.write(t, "ca.pem", pkitest.PEM(k.party.chain[1]))
	o.write(t, "serial", []byte("01\n"))
	return o
}

func (o openSSL) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(o.folder, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (o openSSL) run(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "openssl", arguments...)
	command.Dir = o.folder
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// OpenSSL understands our requests, and we read its answers.
func TestOpenSSLTimestamps(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	for i, settings := range []string{
		"ess_cert_id_alg = sha1", "ess_cert_id_alg = sha256", "ess_cert_id_chain = yes",
		"accuracy = secs:1, millisecs:500, microsecs:100\nordering = yes\ntsa_name = yes\nclock_precision_digits = 6",
	} {
		o.write(t, "tsa.cnf",
			fmt.Appendf(nil,
				"[tsa]\ndefault_tsa = tsa1\n[tsa1]\nserial = serial\nsigner_cert = tsa.pem\ncerts = ca.pem\n"+
					"signer_key = key.pem\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.9\nother_policies = "+
					"%v\ndigests = sha256\n%s\n",
				policy, settings))
		r := request()
		der, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		o.write(t, "query", der)
		o.run(t, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "response")
		answer, err := os.ReadFile(filepath.Join(o.folder, "response"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ParseResponse(answer); err != nil {
			t.Errorf("row %d: got %v, want a timestamp", i, err)
		}
		refused := r
		refused.Nonce = nil
		refused.Policy = []int{1, 2, 3}
		if der, err = refused.Marshal(); err != nil {
			t.Fatal(err)
		}
		o.write(t, "query", der)
		o.run(t, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "response")
		if answer, err = os.ReadFile(filepath.Join(o.folder, "response")); err != nil {
			t.Fatal(err)
		}
		_, err = refused.ParseResponse(answer)
		if kind, detail := outcomeOf(t, err); kind != cms.Refused || !strings.Contains(detail, "unacceptedPolicy") {
			t.Errorf("row %d: got %q (%s), want %q for its policy", i, kind, detail, cms.Refused)
		}
	}
}

// OpenSSL accepts the tokens with which these tests are made, so that the tokens are not a dialect
// of our own.
func TestOpenSSLReadsOurTokens(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	for name, change := range map[string]func(k *token){
		"plain": func(*token) {},
		"BER":   func(k *token) { k.frame, k.octets = indefinite, inPieces },
		"all": func(k *token) {
			k.accuracy, k.ordering, k.time = tlv(0x30, []byte{2, 1, 1, 0x80, 1, 5}), []byte{1, 1, 0xff},
				tlv(0x18, []byte("20260304050607.25Z"))
			k.tsa = tlv(0xa0, tlv(0xa4, k.party.leaf().RawSubject))
		},
	} {
		k := newToken(t, pkitest.RSA2048)
		change(k)
		o.write(t, "token", k.build(t))
		o.write(t, "ca.pem", pkitest.PEM(k.party.chain[1]))
		out := o.run(t, "ts", "-verify", "-token_in", "-in", "token", "-digest", fmt.Sprintf("%x", imprint), "-CAfile",
			"ca.pem")
		if !strings.Contains(out, "Verification: OK") {
			t.Errorf("%s: got %q, want a token that verifies", name, out)
		}
	}
}

// OpenSSL makes signatures with keys and in forms that the product does not make. They are read as
// OpenSSL means them.
func TestOpenSSLSignatures(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	o.write(t, "content", content)
	o.write(t, "other", []byte("other"))
	keys := map[string][]string{
		"rsa": {"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		"e3": {"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
			"rsa_keygen_pubexp:18446744073709551629"},
		"pss":       {"genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"},
		"P-521":     {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
		"brainpool": {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"},
		"twisted":   {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP384t1"},
		"explicit": {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1", "-pkeyopt",
			"ec_param_enc:explicit"},
	}
	for name, arguments := range keys {
		o.run(t, append(arguments, "-out", name+".key")...)
		o.run(t, "req", "-x509", "-new", "-key", name+".key", "-subj", "/CN="+name, "-days", "2", "-out", name+".crt",
			"-sha256")
	}
	for _, c := range []struct {
		name      string
		key       string
		options   []string
		algorithm string
		fault     cms.Kind
	}{
		{"PKCS #1", "rsa", nil, "RSA-PKCS1-SHA256", ""},
		{"CAdES", "rsa", []string{"-cades"}, "RSA-PKCS1-SHA256", ""},
		{"no attributes", "rsa", []string{"-noattr"}, "RSA-PKCS1-SHA256", ""},
		{"by key identifier", "rsa", []string{"-keyid"}, "RSA-PKCS1-SHA256", ""},
		{"SHA3-256", "rsa", []string{"-md", "sha3-256"}, "RSA-PKCS1-SHA3256", ""},
		{"SHA-1", "rsa", []string{"-md", "sha1"}, "RSA-PKCS1-SHA1", cms.AlgorithmForbidden},
		{"a large exponent", "e3", nil, "RSA-PKCS1-SHA256", ""},
		{"PSS", "rsa", []string{"-keyopt", "rsa_padding_mode:pss"}, "RSA-PSS-SHA256", ""},
		{"PSS without salt", "rsa", []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:0"},
			"RSA-PSS-SHA256", ""},
		{"PSS with another mask", "rsa", []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha1"},
			"RSA-PSS-SHA256-MGF1-SHA1", ""},
		{"a key for PSS", "pss", []string{"-keyopt", "rsa_padding_mode:pss"}, "RSA-PSS-SHA256", ""},
		{"P-521", "P-521", []string{"-md", "sha512"}, "ECDSA-SHA512", ""},
		{"Brainpool", "brainpool", nil, "ECDSA-SHA256", ""},
		{"Brainpool, twisted", "twisted", []string{"-md", "sha384"}, "ECDSA-SHA384", ""},
		{"Brainpool by its parameters", "explicit", []string{"-md", "sha512"}, "ECDSA-SHA512", ""},
	} {
		arguments := append([]string{"cms", "-sign", "-binary", "-in", "content", "-outform", "DER", "-signer",
			c.key + ".crt", "-inkey",
			c.key + ".key", "-out", "signature"}, c.options...)
		o.run(t, arguments...)
		der, err := os.ReadFile(filepath.Join(o.folder, "signature"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := cms.Parse(der)
		if err != nil {
			t.Errorf("%s: got %v, want a signature", c.name, err)
			continue
		}
		if err := s.Verify(s.ContentDigest().Sum(content)); kindOf(err) != c.fault ||
			s.SignatureAlgorithm != c.algorithm {
			t.Errorf("%s: got %v by %s, want %q by %s", c.name, err, s.SignatureAlgorithm, c.fault, c.algorithm)
		}
		if err := s.Verify(s.ContentDigest().Sum([]byte("other"))); kindOf(err) != cms.DigestMismatch &&
			kindOf(err) != cms.SignatureInvalid {
			t.Errorf("%s: got %v for other content", c.name, err)
		}
	}
}
