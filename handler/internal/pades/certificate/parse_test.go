package certificate_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pkitest"
)

// issue makes a certificate of an authority, changed by alter.
func issue(t testing.TB, alter func(p *pkitest.Parts)) (der []byte, issuer *pkitest.Authority, key pkitestKey) {
	t.Helper()
	issuer, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	der, err = issuer.IssueParts(pkitest.SigningTemplate("Test Seal", time.Now()), signer.Public(), alter)
	if err != nil {
		t.Fatal(err)
	}
	public, ok := signer.Public().(pkitestKey)
	if !ok {
		t.Fatalf("got a key of the type %T, want one that can be compared", signer.Public())
	}
	return der, issuer, public
}

type pkitestKey interface{ Equal(x crypto.PublicKey) bool }

// A certificate that crypto/x509 refuses is read: the key, the names, the serial number, the dates.
// It is never sound.
func TestOddities(t *testing.T) {
	t.Parallel()
	for _, odd := range pkitest.Oddities() {
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			der, issuer, key := issue(t, odd.Alter)
			if _, err := x509.ParseCertificate(der); err == nil {
				t.Fatal("crypto/x509 reads the certificate, so that the row tests nothing")
			}
			c, err := certificate.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			if !certificate.Refused(c) || certificate.Refusal(c) == "" {
				t.Errorf("got reason %q, want the certificate refused", certificate.Refusal(c))
			}
			if !key.Equal(c.PublicKey) || c.PublicKeyAlgorithm != x509.ECDSA {
				t.Errorf("got another key than the one that was certified: %T", c.PublicKey)
			}
			if c.Subject.CommonName == "" || c.Issuer.CommonName != "Test Root" ||
				!bytes.Equal(c.RawIssuer, issuer.Root().RawSubject) {
				t.Errorf("got the names %q and %q", c.Subject.CommonName, c.Issuer.CommonName)
			}
			if c.SerialNumber == nil || !bytes.Equal(c.Raw, der) {
				t.Errorf("got serial number %v, and %d of %d bytes", c.SerialNumber, len(c.Raw), len(der))
			}
			if now := time.Now(); !odd.NoDates && (now.Before(c.NotBefore) || now.After(c.NotAfter)) {
				t.Errorf("got the dates %v and %v, want now between them", c.NotBefore, c.NotAfter)
			}
			if err := c.CheckSignatureFrom(issuer.Root()); (err != nil) != odd.NoIssuer {
				t.Errorf("got %v for who issued it", err)
			}
			isNeverSound(t, c, issuer)
			if _, err := certificate.ParseSound(der); err == nil {
				t.Error("got it as sound, want an error")
			}
		})
	}
}

// isNeverSound checks that crypto/x509 does not accept a refused certificate, neither as a leaf nor
// as an anchor.
func isNeverSound(t *testing.T, c *x509.Certificate, issuer *pkitest.Authority) {
	t.Helper()
	for _, root := range []*x509.Certificate{issuer.Root(), c} {
		roots := x509.NewCertPool()
		roots.AddCert(root)
		chains, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
			CurrentTime: c.NotBefore})
		if err == nil {
			t.Errorf("got %d chains, want none", len(chains))
		}
	}
}

// A sound certificate stays as crypto/x509 reads it, whatever follows it.
func TestSound(t *testing.T) {
	t.Parallel()
	der, _, _ := issue(t, func(*pkitest.Parts) {})
	want, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	for _, padded := range [][]byte{der, append(bytes.Clone(der), '\n'), append(bytes.Clone(der), 0, 0, 0)} {
		c, err := certificate.Parse(padded)
		if err != nil || !c.Equal(want) || certificate.Refused(c) || certificate.Refusal(c) != "" ||
			len(c.UnhandledCriticalExtensions) != 0 {
			t.Errorf("got %v, refused for %q, want the certificate", err, certificate.Refusal(c))
		}
		if sound, err := certificate.ParseSound(padded); err != nil || !sound.Equal(want) {
			t.Errorf("got %v, want the certificate as a sound one", err)
		}
	}
}

// The fields that a verifier needs are read from refused certificates too.
func TestFieldsOfRefused(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Test Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Test CA", now)
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLen = true, true, 3
	template.SubjectKeyId = []byte("subject key")
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageIPSECUser}
	template.OCSPServer = []string{"http://ocsp.example/"}
	template.IssuingCertificateURL = []string{"http://ca.example/ca.crt"}
	template.CRLDistributionPoints = []string{"http://crl.example/1", "http://crl.example/2"}
	template.SerialNumber = big.NewInt(0x80_01)
	der, err := root.IssueParts(template, key.Public(), func(p *pkitest.Parts) { p.Unused = 9 })
	if err != nil {
		t.Fatal(err)
	}
	sound, err := root.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	want := sound[0]
	c, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if c.KeyUsage != want.KeyUsage || c.IsCA != want.IsCA || !c.BasicConstraintsValid ||
		c.MaxPathLen != want.MaxPathLen ||
		!bytes.Equal(c.SubjectKeyId, want.SubjectKeyId) || !bytes.Equal(c.AuthorityKeyId, want.AuthorityKeyId) ||
		c.Version != want.Version ||
		c.SerialNumber.Cmp(want.SerialNumber) != 0 || !c.NotBefore.Equal(want.NotBefore) ||
		!c.NotAfter.Equal(want.NotAfter) {
		t.Errorf("got other fields than crypto/x509 reads: %+v", c)
	}
	if len(c.Extensions) != len(want.Extensions) || len(c.ExtKeyUsage) != 1 ||
		c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping ||
		len(c.UnknownExtKeyUsage) != 1 {
		t.Errorf("got %d extensions and the purposes %v and %v", len(c.Extensions), c.ExtKeyUsage, c.UnknownExtKeyUsage)
	}
	for _, pair := range [][2][]string{
		{c.OCSPServer, want.OCSPServer}, {c.IssuingCertificateURL, want.IssuingCertificateURL},
		{c.CRLDistributionPoints, want.CRLDistributionPoints},
	} {
		if len(pair[0]) != len(pair[1]) || pair[0][0] != pair[1][0] {
			t.Errorf("got the addresses %q, want %q", pair[0], pair[1])
		}
	}
}

// A year of two digits is one from 1950 to 2049: RFC 5280, section 4.1.2.5.1.
func TestYearsOfTwoDigits(t *testing.T) {
	t.Parallel()
	for digits, year := range map[string]int{"49": 2049, "50": 1950, "68": 1968, "69": 1969, "00": 2000} {
		der, _, _ := issue(t, func(p *pkitest.Parts) {
			p.Unused = 9 // crypto/x509 refuses it
			date := "\x17\x0d" + digits + "0101000000Z"
			p.Validity = []byte("\x30\x1e" + date + date)
		})
		c, err := certificate.Parse(der)
		if want := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); err != nil || !certificate.Refused(c) ||
			!c.NotBefore.Equal(want) || !c.NotAfter.Equal(want) {
			t.Errorf("%s: got %v (%v), want the year %d", digits, c, err, year)
		}
	}
}

// Data that is no certificate, or too long for one, gives an error.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	der, _, _ := issue(t, func(p *pkitest.Parts) { p.Subject = []byte{5, 0} })
	noKey, _, _ := issue(t, func(p *pkitest.Parts) { p.Key = nil })
	long, _, _ := issue(t, func(p *pkitest.Parts) {
		p.With([]int{1, 2, 3}, nil, make([]byte, certificate.MaxSize))
	})
	for name, der := range map[string][]byte{
		"nothing": nil, "text": []byte("-----BEGIN CERTIFICATE-----"), "an empty SEQUENCE": {0x30, 0}, "no name": der,
		"no key":   noKey,
		"too long": long, "cut short": long[:len(long)-1],
	} {
		if c, err := certificate.Parse(der); err == nil || c != nil {
			t.Errorf("%s: got %v, want an error", name, c)
		}
	}
}

// A key that crypto/x509 passes over is read from a sound certificate, too.
func TestKeysOfSound(t *testing.T) {
	t.Parallel()
	key, err := pkitest.NewKey(pkitest.RSA2048)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	bits := plain[bytes.IndexByte(plain, 3):] // behind the algorithm
	der, _, _ := issue(t, func(p *pkitest.Parts) {
		p.Key = tlv(0x30, tlv(0x30, pkitest.OID(1, 2, 840, 113549, 1, 1, 10)), bits) // for RSASSA-PSS alone
	})
	if c, err := x509.ParseCertificate(der); err != nil || c.PublicKey != nil {
		t.Fatalf("crypto/x509 reads the key, so that this tests nothing: %v", err)
	}
	if c, err := certificate.ParseSound(der); err != nil || c.PublicKey == nil {
		t.Errorf("got no key, and %v", err)
	}
}
