package signing_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

const home = "11111111-2222-3333-4444-555555555555"

func hashCaller(roles ...string) signing.Principal {
	return signing.Principal{TenantID: home, ObjectID: "object", Roles: roles}
}

func newHashSigner(source signing.CertificateSource) *signing.HashSigner {
	return &signing.HashSigner{Source: source, Policy: signing.Policy{HomeTenant: home}}
}

func pkcs1(d algorithm.Digest) algorithm.Scheme {
	return algorithm.Scheme{Family: algorithm.PKCS1, Digest: d}
}
func ecdsaBy(d algorithm.Digest) algorithm.Scheme {
	return algorithm.Scheme{Family: algorithm.ECDSA, Digest: d}
}

func pssBy(d, mask algorithm.Digest, salt int) algorithm.Scheme {
	return algorithm.Scheme{Family: algorithm.PSS, Digest: d, Mask: mask, Salt: salt}
}

// Only the role of the certificate, from the home tenant, permits hash signing. Without it the
// error reveals nothing, and the vault is not asked.
func TestRolesOfHashSigning(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "Company-Seal", pkitest.P256)
	tests := []struct {
		name   string
		caller signing.Principal
		asked  string
		want   bool
	}{
		{"the role", hashCaller("hash.Company-Seal"), "Company-Seal", true},
		{"among others", hashCaller("sign.*", "hash.other", "hash.Company-Seal"), "Company-Seal", true},
		{"in other case", hashCaller("HASH.COMPANY-SEAL"), "Company-Seal", true},
		{"from the home tenant in capitals", signing.Principal{TenantID: strings.ToUpper(home),
			Roles: []string{"hash.Company-Seal"}}, "Company-Seal", true},
		{"none", hashCaller(), "Company-Seal", false},
		{"of another certificate", hashCaller("hash.other"), "Company-Seal", false},
		{"for all", hashCaller("hash.*"), "Company-Seal", false},
		{"to sign documents", hashCaller("sign.Company-Seal", "sign.*"), "Company-Seal", false},
		{"a beginning of it", hashCaller("hash.Company"), "Company-Seal", false},
		{"more than it", hashCaller("hash.Company-Seal-2"), "Company-Seal", false},
		{"without its prefix", hashCaller("Company-Seal"), "Company-Seal", false},
		{"a scope of that name", signing.Principal{TenantID: home, Scopes: []string{"hash.Company-Seal"}},
			"Company-Seal", false},
		{"of another tenant", signing.Principal{TenantID: "66666666-7777-8888-9999-aaaaaaaaaaaa",
			Roles: []string{"hash.Company-Seal"}}, "Company-Seal", false},
		{"of no tenant", signing.Principal{Roles: []string{"hash.Company-Seal"}}, "Company-Seal", false},
		{"for no name", hashCaller("hash."), "", false},
		{"for what is no name", hashCaller("hash.a/b"), "a/b", false},
		{"for one that policy leaves out", hashCaller("hash.hidden"), "hidden", false},
	}
	for _, test := range tests {
		source := &fakeSource{certificates: map[string]*signing.Certificate{"Company-Seal": certificate,
			"hidden": certificate}}
		signer := newHashSigner(source)
		signer.Policy.Certificates = []string{"Company-Seal"}
		request := signing.HashRequest{Certificate: test.asked, Scheme: ecdsaBy(algorithm.SHA256),
			Hashes: [][]byte{make([]byte, 32)}}
		record := &signing.Record{}
		_, err := signer.Sign(t.Context(), test.caller, request, record)
		_, findErr := signer.Find(t.Context(), test.caller, test.asked)
		listed, listErr := signer.List(t.Context(), test.caller)
		if listErr != nil || (len(listed) > 0) != test.want {
			t.Errorf("%s: got %d certificates listed (%v), want them: %v", test.name, len(listed), listErr, test.want)
		}
		for _, err := range []error{err, findErr} {
			if fault := signing.AsError(errOr(err)); (err == nil) != test.want ||
				err != nil && fault.Code != "certificate_not_found" {
				t.Errorf("%s: got %v, want it allowed: %v", test.name, err, test.want)
			}
		}
		if !test.want && len(source.asked) > 0 {
			t.Errorf("%s: got the vault asked for %v, want it left alone", test.name, source.asked)
		}
		if each := record.Each(); !test.want && each[0].Hash != "" {
			t.Errorf("%s: got a hash in the record of a caller without the right", test.name)
		}
	}
}

// errOr returns err, or a placeholder error if err is nil.
func errOr(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

// A key signs by the schemes that it lists, and RSA keys also by RSASSA-PSS as vaults support it.
// Each signature verifies. No key signs by another scheme.
func TestSchemesOfHashSigning(t *testing.T) {
	t.Parallel()
	rsa := []algorithm.Scheme{pkcs1(algorithm.SHA256), pkcs1(algorithm.SHA384), pkcs1(algorithm.SHA512)}
	pss := []algorithm.Scheme{pssBy(algorithm.SHA256, algorithm.SHA256, 32),
		pssBy(algorithm.SHA384, algorithm.SHA384, 48), pssBy(algorithm.SHA512, algorithm.SHA512, 64)}
	ecdsa := []algorithm.Scheme{ecdsaBy(algorithm.SHA256), ecdsaBy(algorithm.SHA384), ecdsaBy(algorithm.SHA512)}
	others := []algorithm.Scheme{
		{}, pkcs1(algorithm.SHA1), pkcs1(algorithm.SHA224), pkcs1(algorithm.SHA3_256), ecdsaBy(algorithm.SHA1),
		{Family: algorithm.PlainECDSA, Digest: algorithm.SHA256}, {Family: algorithm.Ed25519},
		pssBy(algorithm.SHA256, algorithm.SHA256, 222), pssBy(algorithm.SHA256, algorithm.SHA256, 20),
		pssBy(algorithm.SHA256, algorithm.SHA256, 0), pssBy(algorithm.SHA256, algorithm.SHA1, 32),
		pssBy(algorithm.SHA512, algorithm.SHA512, 32), pssBy(algorithm.SHA1, algorithm.SHA1, 20),
	}
	all := slices.Concat(rsa, pss, ecdsa, others)
	tests := []struct {
		key          pkitest.Algorithm
		listed, more []algorithm.Scheme
	}{
		{pkitest.RSA2048, rsa, pss}, {pkitest.RSA3072, rsa, pss},
		{pkitest.P256, ecdsa[:1], nil}, {pkitest.P384, ecdsa[1:2], nil}, {pkitest.P521, ecdsa[2:], nil},
		{pkitest.P224, nil, nil},
	}
	for _, test := range tests {
		certificate := newCertificate(t, "seal", test.key)
		public := certificate.Leaf().PublicKey
		if got := signing.HashSchemes(public); !slices.Equal(got, test.listed) {
			t.Errorf("%s: got %v listed, want %v", test.key, got, test.listed)
		}
		signer := newHashSigner(&fakeSource{certificates: map[string]*signing.Certificate{"seal": certificate}})
		for _, scheme := range all {
			hash := make([]byte, 32)
			if scheme.Prehashed() {
				hash = scheme.Digest.Sum([]byte("content"))
			}
			signatures, err := signer.Sign(t.Context(), hashCaller("hash.seal"),
				signing.HashRequest{Certificate: "seal", Scheme: scheme, Hashes: [][]byte{hash, hash}},
				&signing.Record{})
			if !slices.Contains(slices.Concat(test.listed, test.more), scheme) {
				if signing.AsError(errOr(err)).Kind != signing.InvalidRequest || signatures != nil {
					t.Errorf("%s: got %v by %+v, want an invalid request", test.key, err, scheme)
				}
				continue
			}
			if err != nil || len(signatures) != 2 {
				t.Errorf("%s: got %d signatures by %+v (%v), want two", test.key, len(signatures), scheme, err)
				continue
			}
			for _, signature := range signatures {
				if err := scheme.Verify(public, []byte("content"), signature); err != nil {
					t.Errorf("%s: got a signature by %v that does not verify: %v", test.key, scheme, err)
				}
			}
		}
	}
}

// Anything but one to a hundred hashes of the right length is refused before the key is used.
func TestHashesOfHashSigning(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "seal", pkitest.P256)
	signer := newHashSigner(&fakeSource{certificates: map[string]*signing.Certificate{"seal": certificate}})
	many := func(n, length int) [][]byte {
		hashes := make([][]byte, n)
		for i := range hashes {
			hashes[i] = make([]byte, length)
		}
		return hashes
	}
	for _, test := range []struct {
		hashes [][]byte
		want   bool
	}{
		{nil, false}, {many(1, 32), true}, {many(100, 32), true}, {many(101, 32), false}, {many(1, 0), false},
		{many(1, 31), false}, {many(1, 33), false}, {many(1, 64), false},
		{append(many(99, 32), make([]byte, 20)), false},
	} {
		record := &signing.Record{}
		signatures, err := signer.Sign(t.Context(), hashCaller("hash.seal"),
			signing.HashRequest{Certificate: "seal", Scheme: ecdsaBy(algorithm.SHA256), Hashes: test.hashes}, record)
		if (err == nil) != test.want || test.want && len(signatures) != len(test.hashes) ||
			!test.want && signing.AsError(err).Code != "hash_invalid" {
			t.Errorf("got %d signatures (%v) of %d hashes, want them: %v", len(signatures), err, len(test.hashes),
				test.want)
		}
	}
}

// If the certificate's key has not made a signature, neither that signature nor any before it is
// released, and the records say so.
func TestHashSignaturesAreVerified(t *testing.T) {
	t.Parallel()
	for _, algorithmOfKey := range []pkitest.Algorithm{pkitest.P256, pkitest.RSA2048} {
		certificate := newCertificate(t, "seal", algorithmOfKey)
		other, err := pkitest.NewKey(algorithmOfKey)
		if err != nil {
			t.Fatal(err)
		}
		lying := *certificate
		lying.Key = wrongKey{certificate.Key, other}
		signer := newHashSigner(&fakeSource{certificates: map[string]*signing.Certificate{"seal": &lying}})
		record := &signing.Record{}
		signatures, err := signer.Sign(t.Context(), hashCaller("hash.seal"), signing.HashRequest{Certificate: "seal",
			Scheme: signing.HashSchemes(certificate.Leaf().PublicKey)[0],
			Hashes: [][]byte{make([]byte, 32), make([]byte, 32)}}, record)
		if signatures != nil || signing.AsError(errOr(err)).Code != "self_check" {
			t.Errorf("%s: got %d signatures (%v), want self_check", algorithmOfKey, len(signatures), err)
		}
		record.Finish(err, record.Time)
		each := record.Each()
		if len(each) != 2 || each[0].Outcome != signing.Failed || each[0].SignedDigest != "" || each[1].Hash == "" {
			t.Errorf("%s: got the records %+v, want two failures", algorithmOfKey, each)
		}
	}
}

// farKey is a RemoteKey that never answers: its calls end with their context.
type farKey struct {
	crypto.Signer
	ctx context.Context
}

func (k farKey) WithContext(ctx context.Context) crypto.Signer { return farKey{k.Signer, ctx} }

func (k farKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	<-k.ctx.Done()
	return nil, k.ctx.Err()
}

// A call to a remote key ends with the time of the request.
func TestHashSigningEndsWithItsTime(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "seal", pkitest.P256)
	certificate.Key = farKey{certificate.Key, t.Context()}
	signer := newHashSigner(&fakeSource{certificates: map[string]*signing.Certificate{"seal": certificate}})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	record := &signing.Record{}
	_, err := signer.Sign(ctx, hashCaller("hash.seal"), signing.HashRequest{Certificate: "seal",
		Scheme: ecdsaBy(algorithm.SHA256), Hashes: [][]byte{make([]byte, 32)}}, record)
	if got := signing.AsError(errOr(err)).Code; got != "deadline_exceeded" {
		t.Errorf("got %v, want deadline_exceeded", err)
	}
}

// slowTimestamper fails with err.
type slowTimestamper struct{ err error }

func (s slowTimestamper) TokenSize() int { return 0 }
func (s slowTimestamper) Timestamp(context.Context, crypto.Hash, []byte) (*cms.Timestamp, error) {
	return nil, s.err
}

func TestTimestampsOfHashes(t *testing.T) {
	t.Parallel()
	_, _, services := newTrust(t)
	sum := sha256.Sum256([]byte("content"))
	down := slowTimestamper{&pades.ServiceError{Service: "TSA", Detail: "does not answer", Retry: true}}
	tests := []struct {
		name        string
		timestamper pades.Timestamper
		caller      signing.Principal
		digest      algorithm.Digest
		hash        []byte
		want        string // code of the error
	}{
		{"a token", services.Timestamper, hashCaller("hash.any"), algorithm.SHA256, sum[:], ""},
		{"without a role", services.Timestamper, hashCaller("sign.any"), algorithm.SHA256, sum[:], "hash_role_missing"},
		{"with a role for no name", services.Timestamper, hashCaller("hash.*", "hash."), algorithm.SHA256, sum[:],
			"hash_role_missing"},
		{"of another tenant", services.Timestamper, signing.Principal{TenantID: "x", Roles: []string{"hash.any"}},
			algorithm.SHA256, sum[:], "hash_role_missing"},
		{"another length", services.Timestamper, hashCaller("hash.any"), algorithm.SHA384, sum[:], "hash_invalid"},
		{"a weak digest", services.Timestamper, hashCaller("hash.any"), algorithm.SHA1, sum[:20], "hash_invalid"},
		{"no authority", nil, hashCaller("hash.any"), algorithm.SHA256, sum[:], "timestamp_not_offered"},
		{"an outage", down, hashCaller("hash.any"), algorithm.SHA256, sum[:], "timestamp_unavailable"},
	}
	for _, test := range tests {
		signer := newHashSigner(&fakeSource{})
		signer.Timestamper = test.timestamper
		record := &signing.Record{}
		token, err := signer.Timestamp(t.Context(), test.caller, test.digest, test.hash, record)
		if test.want != "" {
			if token != nil || signing.AsError(errOr(err)).Code != test.want {
				t.Errorf("%s: got %v, want %s", test.name, err, test.want)
			}
			continue
		}
		parsed, parseErr := cms.ParseTimestamp(token)
		if err != nil || parseErr != nil || parsed.Verify(test.hash) != nil {
			t.Errorf("%s: got %v %v, want a token that verifies", test.name, err, parseErr)
		}
		record.Finish(nil, record.Time)
		if each := record.Each(); len(each) != 1 || each[0].Hash == "" || each[0].SignedDigest == "" {
			t.Errorf("%s: got the records %+v, want one with the hash and what was made of it", test.name, each)
		}
	}
}
