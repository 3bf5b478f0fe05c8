package pades_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// hugeIssuers gives a signer whose certificate claims an issuer with an RSA key of that many bits,
// and certificates of that key.
func hugeIssuers(t *testing.T, bits, count int) (signer, []*x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	modulus := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	modulus.Sub(modulus, big.NewInt(1))
	now := time.Now()
	authority := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Huge"}, SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(time.Hour),
		IsCA:     true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var huge []*x509.Certificate
	for range count {
		authority.SerialNumber = big.NewInt(int64(len(huge) + 1))
		der, err := x509.CreateCertificate(rand.Reader, authority, authority, &rsa.PublicKey{N: modulus, E: 1<<31 - 1},
			key)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		huge = append(huge, certificate)
	}
	own, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", now)
	template.SerialNumber = big.NewInt(0x7fff)
	der, err := x509.CreateCertificate(rand.Reader, template, authority, own.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var leaf struct {
		Data      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &leaf); err != nil {
		t.Fatal(err)
	}
	leaf.Signature = asn1.BitString{Bytes: bytes.Repeat([]byte{0x55}, bits/8), BitLength: bits}
	if der, err = asn1.Marshal(leaf); err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signer{[]*x509.Certificate{certificate}, own}, huge
}

// Keys of a quarter of a million bits would keep crypto/x509 busy for longer than any test may run.
func TestIssuersWithHugeKeys(t *testing.T) {
	t.Parallel()
	s, huge := hugeIssuers(t, 1<<18, 32)
	increment, err := sign.Sign(t.Context(), bytes.NewReader(sample()), s.chain, s.key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	document := withStore(t, slices.Concat(sample(), increment.Bytes), huge)
	if got := verified(t, document, ecdsaSigner(t).trust())[0]; got.Indication != pades.Indeterminate ||
		got.SubIndication != pades.LimitReached || !strings.Contains(got.Detail, "8192 bits") {
		t.Errorf("got %s %s (%s), want the bound to be named", got.Indication, got.SubIndication, got.Detail)
	}
}

// A certificate for a service that answers about other certificates must not sign documents.
func TestCertificatesOfServices(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	const (
		timeStamping = x509.ExtKeyUsageTimeStamping
		responding   = x509.ExtKeyUsageOCSPSigning
		mail         = x509.ExtKeyUsageEmailProtection
	)
	for _, test := range []struct {
		usages []x509.ExtKeyUsage
		passes bool
	}{
		{nil, true}, {[]x509.ExtKeyUsage{mail}, true}, {[]x509.ExtKeyUsage{timeStamping, mail}, true},
		{[]x509.ExtKeyUsage{timeStamping}, false}, {[]x509.ExtKeyUsage{responding}, false},
		{[]x509.ExtKeyUsage{responding, timeStamping}, false},
	} {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		template := pkitest.SigningTemplate("Seal", e.now())
		template.ExtKeyUsage = test.usages
		chain, err := e.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		got := verified(t, signer{chain, key}.sign(t, sample(), pades.Options{Time: e.now()}), e.online())[0]
		if (got.Indication == pades.TotalPassed) != test.passes ||
			!test.passes && got.SubIndication != pades.ChainConstraintsFailure {
			t.Errorf("%v: got %s %s, want it to pass: %v", test.usages, got.Indication, got.SubIndication, test.passes)
		}
	}
}

// A key that can be computed makes every certificate below it worthless.
func TestAnIssuerWithAShortKey(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for bits, want := range map[int]pades.SubIndication{1024: pades.CryptoConstraintsNoPOE, 2048: ""} {
		short, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		template := *root.Chain[0]
		template.SerialNumber, template.Subject = nil, pkix.Name{CommonName: "Issuing"}
		chain, err := root.Issue(&template, short.Public())
		if err != nil {
			t.Fatal(err)
		}
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		issuing := &pkitest.Authority{Chain: chain, Key: short}
		if chain, err = issuing.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public()); err != nil {
			t.Fatal(err)
		}
		s := signer{chain, key}
		if got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]; got.SubIndication != want {
			t.Errorf("%d bits: got %s %q, want %q", bits, got.Indication, got.SubIndication, want)
		}
	}
}

// A certificate that names its CRL only in a directory has revocation data, though this verifier
// cannot get it.
func TestAListInADirectory(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	type point struct {
		Name struct {
			Full []asn1.RawValue `asn1:"tag:0"`
		} `asn1:"tag:0"`
	}
	var named point
	named.Name.Full = []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true,
		Bytes: root.Root().RawSubject}}
	value, err := asn1.Marshal([]point{named})
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", time.Now())
	template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: value}}
	chain, err := root.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	s := signer{chain, key}
	got := verified(t, s.sign(t, sample(), pades.Options{}), s.trust())[0]
	if got.SubIndication != pades.TryLater || got.Chain[0].Revocation.Status != "missing" {
		t.Errorf("got %s %s, want %s", got.Indication, got.SubIndication, pades.TryLater)
	}
}

// Authorities may drop expired certificates from their evidence, unless they promise not to.
func TestEvidenceFromAfterTheEnd(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	ca := e.Authority(trusttest.Issuing)
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", e.now())
	template.NotAfter = e.now().Add(2 * day)
	chain, err := e.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	e.signer = signer{chain, key}
	signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
	e.advance(4 * day)
	for _, test := range []struct {
		name   string
		cutoff time.Time
		sub    pades.SubIndication
	}{
		{"nothing promised", time.Time{}, pades.TryLater},
		{"from before the end", chain[0].NotAfter.Add(-day), ""},
		{"from after the end", chain[0].NotAfter.Add(day), pades.TryLater},
	} {
		says := ocsp.Response{Status: ocsp.Good, SerialNumber: chain[0].SerialNumber, ThisUpdate: e.now(),
			NextUpdate: e.now().Add(day)}
		if !test.cutoff.IsZero() {
			value, err := asn1.MarshalWithParams(test.cutoff.UTC(), "generalized")
			if err != nil {
				t.Fatal(err)
			}
			says.ExtraExtensions = []pkix.Extension{
				{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}, Value: value}}
		}
		der, err := ocsp.CreateResponse(ca.Chain[0], ca.Chain[0], says, ca.Key)
		if err != nil {
			t.Fatal(err)
		}
		got := verified(t, withStore(t, signed, e.chain[1:], e.fetch(t, e.TSAChain()), e.fetch(t, e.chain[1:]), der),
			e.offline())[0]
		if got.SubIndication != test.sub {
			t.Errorf("%s: got %s %s (%s), want %q", test.name, got.Indication, got.SubIndication, got.Detail, test.sub)
		}
	}
}

// seeker counts how often it is asked for issuers, and finds none.
type seeker struct {
	*estate
	asked int
}

func (s *seeker) Issuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	s.asked++
	return nil, nil
}

// Anybody can write addresses into certificates that nobody trusts. Few of these addresses are
// followed.
func TestIssuersThatCannotBeFound(t *testing.T) {
	t.Parallel()
	e := &seeker{estate: newEstate(t, trusttest.Config{})}
	const signers, most = 20, 16
	document := sample()
	for range signers {
		s := ecdsaSigner(t)
		s.chain = s.chain[:1]
		document = s.sign(t, document, pades.Options{})
	}
	trust := e.offline()
	trust.Online = e
	for i, got := range verified(t, document, trust) {
		want := pades.NoCertificateChain
		if i >= most {
			want = pades.LimitReached
		}
		if got.SubIndication != want {
			t.Errorf("signature %d: got %s %s, want %s", i+1, got.Indication, got.SubIndication, want)
		}
	}
	if e.asked != most {
		t.Errorf("got %d questions, want %d", e.asked, most)
	}
}

// swollen makes a certificate of about size bytes with as many addresses as fit into it. Its memory
// is a multiple of its size.
func swollen(t *testing.T, size, serial int) *x509.Certificate {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	addresses := bytes.Repeat([]byte{0x86, 2, 'a', ':'}, size/4)
	value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: addresses})
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Swollen", time.Now())
	template.SerialNumber = big.NewInt(int64(serial))
	template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{Raw: der}
}

// Certificates can take many times their size in memory, and streams can decode to more bytes than
// they have in the file.
func TestCertificatesThatSwell(t *testing.T) {
	s := ecdsaSigner(t)
	signed := s.sign(t, sample(), pades.Options{})
	var err error
	var small []*x509.Certificate
	for i := range 300 {
		small = append(small, swollen(t, 60<<10, i+1))
	}
	for name, certificates := range map[string][]*x509.Certificate{
		"few long ones": {swollen(t, 4<<20, 1), swollen(t, 4<<20, 2), swollen(t, 4<<20, 3)}, "many short ones": small,
	} {
		document := withStore(t, signed, certificates)
		var report *pades.Report
		held := allocated(func() { report, err = verify.Verify(t.Context(), bytes.NewReader(document), s.trust()) })
		_, over := errors.AsType[*budget.Error](err)
		passed := err == nil && report.Signatures[0].Indication == pades.TotalPassed
		if over != (name == "many short ones") || over == passed || held > 200<<20 {
			t.Errorf("%s: got %v and %d bytes allocated, want at most 200 MB", name, err, held)
		}
	}
}

// The same holds for certificates that signatures embed.
func TestSignaturesThatSwell(t *testing.T) {
	s := ecdsaSigner(t)
	swelling := signer{slices.Clone(s.chain), s.key}
	for i := range 15 {
		swelling.chain = append(swelling.chain, swollen(t, 60<<10, i+1))
	}
	document := s.sign(t, sample(), pades.Options{})
	for range 10 {
		document = swelling.sign(t, document, pades.Options{})
	}
	_, err := verify.Verify(t.Context(), bytes.NewReader(document), s.trust())
	if over, ok := errors.AsType[*budget.Error](err); !ok || !strings.Contains(over.Detail, "MiB of memory") {
		t.Errorf("got %v, want an error that names the limit", err)
	}
}
