package pkcs12_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/keyvault/pkcs12"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

var formats = []keyvaulttest.Format{keyvaulttest.Modern, keyvaulttest.Modern2026, keyvaulttest.LegacyDES,
	keyvaulttest.LegacyRC2}

// issue makes a key with its chain.
func issue(t testing.TB, algorithm pkitest.Algorithm) (crypto.Signer, []*x509.Certificate) {
	t.Helper()
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := root.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key, chain
}

func encode(t testing.TB, format keyvaulttest.Format, chain []*x509.Certificate, key crypto.Signer) []byte {
	t.Helper()
	_, value, err := keyvaulttest.Encode(format, chain, key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// holds checks that a file holds one key and the chain.
func holds(t *testing.T, data []byte, key crypto.Signer, chain []*x509.Certificate) *pkcs12.File {
	t.Helper()
	file, err := pkcs12.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Keys) != 1 || file.Keys[0].Err != nil {
		t.Fatalf("got %d keys, want one that can be read", len(file.Keys))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(file.Keys[0].PKCS8)
	if err != nil {
		t.Fatal(err)
	}
	if own, ok := key.(interface{ Equal(crypto.PrivateKey) bool }); !ok || !own.Equal(parsed) {
		t.Error("got another key than the one that was written")
	}
	if !slices.EqualFunc(file.Certificates, chain,
		func(c pkcs12.Certificate, want *x509.Certificate) bool { return bytes.Equal(c.DER, want.Raw) }) {
		t.Errorf("got %d certificates, want the chain of %d", len(file.Certificates), len(chain))
	}
	return file
}

// Read reads files with every encryption and every message authentication code, in DER and with the
// outer layers in BER.
func TestRead(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []pkitest.Algorithm{pkitest.P256, pkitest.RSA2048} {
		key, chain := issue(t, algorithm)
		for _, format := range formats {
			t.Run(string(format), func(t *testing.T) {
				t.Parallel()
				data := encode(t, format, chain, key)
				file := holds(t, data, key, chain)
				if id := file.Keys[0].LocalKeyID; len(id) == 0 || !bytes.Equal(id, file.Certificates[0].LocalKeyID) ||
					file.Certificates[1].LocalKeyID != nil {
					t.Errorf("got the local key ID %x for the key and %x for its certificate, want one and the same",
						id, file.Certificates[0].LocalKeyID)
				}
				holds(t, keyvaulttest.Indefinite(data), key, chain)
			})
		}
	}
}

// All layers may be in BER, with any number of parts and bags.
func TestReadLayers(t *testing.T) {
	t.Parallel()
	key, chain := issue(t, pkitest.RSA2048)
	var bags []keyvaulttest.Bag
	for _, c := range chain {
		bags = append(bags, keyvaulttest.Bag{Certificate: c.Raw})
	}
	parts := [][]keyvaulttest.Bag{bags[:1], {{Key: key, LocalKeyID: "1"}}, bags[1:], nil}
	for name, write := range map[string]func(...[]keyvaulttest.Bag) ([]byte, error){
		"DER": keyvaulttest.PlainPKCS12, "BER": keyvaulttest.IndefinitePKCS12,
	} {
		data, err := write(parts...)
		if err != nil {
			t.Fatal(err)
		}
		if file := holds(t, data, key, chain); string(file.Keys[0].LocalKeyID) != "1" {
			t.Errorf("%s: got the local key ID %x", name, file.Keys[0].LocalKeyID)
		}
	}
}

// Read reads the files that OpenSSL writes with every algorithm that it offers for them.
func TestReadOfOpenSSL(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("OpenSSL is not here")
	}
	key, chain := issue(t, pkitest.P256)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	input := filepath.Join(t.TempDir(), "chain.pem")
	text := append(pkitest.PEM(chain...), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	if err := os.WriteFile(input, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, options := range [][]string{
		{"-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "sha224"},
		{"-keypbe", "AES-256-CBC", "-certpbe", "DES-EDE3-CBC", "-macalg", "sha384"},
		{"-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha512", "-iter", "1"},
		{"-keypbe", "NONE", "-certpbe", "AES-256-CBC", "-macalg", "sha1"},
		{"-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE", "-nomac"},
		{"-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-40", "-legacy"},
		{"-keypbe", "PBE-SHA1-RC4-128", "-certpbe", "PBE-SHA1-RC4-40", "-legacy"},
		{"-keypbe", "PBE-SHA1-RC4-40", "-certpbe", "PBE-SHA1-RC4-128", "-nomac", "-legacy"},
		{"-macalg", "sha512-256"},
		{"-macalg", "sha512-224"},
	} {
		command := exec.CommandContext(t.Context(), tool,
			append([]string{"pkcs12", "-export", "-in", input, "-passout", "pass:"}, options...)...)
		data, err := command.Output()
		if err != nil {
			exit, _ := errors.AsType[*exec.ExitError](err)
			t.Logf("%v: OpenSSL cannot write that here: %v %s", options, err, exit.Stderr)
			continue
		}
		holds(t, data, key, chain)
		holds(t, keyvaulttest.Indefinite(data), key, chain)
	}
}

// The error for an unreadable file names the reason. If only a key is unreadable, the rest of the
// file is returned.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	key, chain := issue(t, pkitest.P256)
	good := encode(t, keyvaulttest.Modern, chain, key)
	damaged := slices.Clone(good)
	damaged[len(damaged)/2] ^= 1
	signed := bytes.Replace(good, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
		[]byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), 1)
	enveloped := plain(t, key, chain)
	// the type of a part becomes 1.2.840.113549.1.7.3
	enveloped[bytes.LastIndex(enveloped, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"))+8] = 3
	for name, test := range map[string]struct {
		data []byte
		says string
	}{
		"nothing":          {nil, "cannot be read as a PKCS#12"},
		"more behind it":   {append(slices.Clone(good), 5, 0), "cannot be read as a PKCS#12"},
		"a damaged one":    {damaged, "with a password"}, // a MAC that does not verify looks like a password
		"cut short":        {good[:len(good)-1], "cannot be read as a PKCS#12"},
		"signed":           {signed, "protected by a signature"},
		"for a public key": {enveloped, "for a public key"},
	} {
		file, err := pkcs12.Read(test.data)
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(test.says)) {
			t.Errorf("%s: got %v and %v, want an error that says %q", name, file, err, test.says)
		}
	}
}

func plain(t testing.TB, key crypto.Signer, chain []*x509.Certificate) []byte {
	t.Helper()
	data, err := keyvaulttest.PlainPKCS12(
		[]keyvaulttest.Bag{{Key: key, LocalKeyID: "1"}, {Certificate: chain[0].Raw, LocalKeyID: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzRead checks that each key of an accepted file has either its bytes or an Err, and that
// re-encoding the file in BER changes nothing.
func FuzzRead(f *testing.F) {
	key, chain := issue(f, pkitest.P256)
	for _, format := range formats {
		data := encode(f, format, chain, key)
		f.Add(data)
		f.Add(keyvaulttest.Indefinite(data))
	}
	f.Add(plain(f, key, chain))
	if inBER, err := keyvaulttest.IndefinitePKCS12([]keyvaulttest.Bag{{Key: key, LocalKeyID: "1"}}); err == nil {
		f.Add(inBER)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := pkcs12.Read(data)
		if err != nil {
			return
		}
		for _, key := range file.Keys {
			if (key.PKCS8 == nil) == (key.Err == nil) {
				t.Errorf("got a key of %d bytes with the fault %v", len(key.PKCS8), key.Err)
			}
		}
		again, err := pkcs12.Read(keyvaulttest.Indefinite(data))
		if err == nil && (len(again.Keys) != len(file.Keys) || len(again.Certificates) != len(file.Certificates)) {
			t.Errorf("got %d keys and %d certificates, want %d and %d as in another encoding",
				len(again.Keys), len(again.Certificates), len(file.Keys), len(file.Certificates))
		}
	})
}
