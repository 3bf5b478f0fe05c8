package pades_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

func seeded(seed, more string) []byte {
	return onePage("/MediaBox [0 0 600 800] /Annots [4 0 R]",
		"<< /FT /Sig /T (seal) /Type /Annot /Subtype /Widget /Rect [9 9 199 99] /F 4 /P 3 0 R /SV << "+seed+" >> "+more+
			" >>")
}

// seedSigner has a certificate with a policy and a subject that seed values can require.
func seedSigner(t *testing.T) signer {
	t.Helper()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := root.NewIntermediate("Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", time.Now())
	for _, text := range []string{"1.2.3.4", "1.2.3.5"} {
		policy, err := x509.ParseOID(text)
		if err != nil {
			t.Fatal(err)
		}
		template.Policies = append(template.Policies, policy)
	}
	chain, err := issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return signer{chain, key}
}

func TestSeedValues(t *testing.T) {
	t.Parallel()
	s := seedSigner(t)
	approval, sha256 := pades.Options{Reason: "Approval"}, pades.Options{Digest: crypto.SHA256}
	for _, test := range []struct {
		name    string
		seed    string
		more    string
		options pades.Options
		refused string // a part of the error; "" = signed
		check   func(pades.Signature) bool
	}{
		{"none", "", "", pades.Options{}, "", nil},
		{"filter", "/Ff 1 /Filter /Adobe.PPKLite", "", pades.Options{}, "", nil},
		{"other filter", "/Ff 1 /Filter /Entrust.PPKEF", "", pades.Options{}, "handler", nil},
		{"other filter, not required", "/Ff 0 /Filter /Entrust.PPKEF", "", pades.Options{}, "", nil},
		{"no filter, required", "/Ff 1", "", pades.Options{}, "handler", nil},
		{"format", "/Ff 2 /SubFilter [/adbe.pkcs7.detached /ETSI.CAdES.detached]", "", pades.Options{}, "", nil},
		{"other format", "/Ff 2 /SubFilter [/adbe.pkcs7.detached]", "", pades.Options{}, "format", nil},
		{"other format, not required", "/SubFilter [/adbe.pkcs7.detached]", "", pades.Options{}, "", nil},
		{"version", "/Ff 4 /V 3", "", pades.Options{}, "", nil},
		{"newer version", "/Ff 4 /V 4", "", pades.Options{}, "newer version", nil},
		{"newer version, not required", "/V 4.0", "", pades.Options{}, "", nil},
		{"version required, none", "/Ff 4", "", pades.Options{}, "newer version", nil},
		{"reason", "/Ff 8 /Reasons [(Approval) (Review)]", "", approval, "", nil},
		{"other reason", "/Ff 8 /Reasons [(Author) (Review)]", "", approval, `["Author" "Review"]`, nil},
		{"no reason", "/Ff 8 /Reasons [(Author)]", "", pades.Options{}, `["Author"]`, nil},
		{"other reason, not required", "/Reasons [(Author)]", "", approval, "", nil},
		{"no reason is wanted", "/Ff 8 /Reasons [(.)]", "", approval, "without a reason", nil},
		{"no reason is wanted, none given", "/Ff 8 /Reasons [(.)]", "", pades.Options{}, "", nil},
		{"no reasons listed", "/Ff 8", "", approval, "without a reason", nil},
		{"reasons are long", "/Ff 8 /Reasons [(" + strings.Repeat("x", 5000) + ")]", "", approval, "x …", nil},
		{"legal attestation", "/Ff 16 /LegalAttestation [(none)]", "", pades.Options{}, "attestation", nil},
		{"legal attestation, not required", "/LegalAttestation [(none)]", "", pades.Options{}, "", nil},
		{"revocation information", "/Ff 32 /AddRevInfo true", "", pades.Options{}, "B-LT", nil},
		{"revocation information at B-T", "/Ff 32 /AddRevInfo true", "", pades.Options{Level: pades.LevelBT}, "B-LT",
			nil},
		{"revocation information, not required", "/AddRevInfo true", "", pades.Options{}, "", nil},
		{"no revocation information", "/Ff 32 /AddRevInfo false", "", pades.Options{}, "", nil},
		{"digest is followed", "/Ff 64 /DigestMethod [/SHA1 /SHA512 /SHA384]", "", pades.Options{}, "",
			func(s pades.Signature) bool { return s.DigestAlgorithm == "SHA-512" }},
		{"digest is followed, not required", "/DigestMethod [(SHA384)]", "", pades.Options{}, "",
			func(s pades.Signature) bool { return s.DigestAlgorithm == "SHA-384" }},
		{"digest that suits the key", "/Ff 64 /DigestMethod [/SHA512 /SHA256]", "", pades.Options{}, "",
			func(s pades.Signature) bool { return s.DigestAlgorithm == "SHA-256" }},
		{"other digest", "/Ff 64 /DigestMethod [/SHA1 /RIPEMD160]", "", pades.Options{}, "digest", nil},
		{"other digest, not required", "/DigestMethod [/SHA1]", "", pades.Options{}, "", nil},
		{"digest that the caller wants", "/Ff 64 /DigestMethod [/SHA512 /SHA256]", "", sha256, "", nil},
		{"not the digest that the caller wants", "/Ff 64 /DigestMethod [/SHA512]", "", sha256, "digest", nil},
		{"not the digest that the caller wants, not required", "/DigestMethod [/SHA512]", "", sha256, "",
			func(s pades.Signature) bool { return s.DigestAlgorithm == "SHA-256" }},
		{"lock of the document", "/Ff 128 /LockDocument /true", "/Lock << /Action /All /P 1 >>", pades.Options{}, "",
			nil},
		{"lock of the document without one", "/Ff 128 /LockDocument /true", "", pades.Options{}, "lock", nil},
		{"lock of the document, weaker", "/Ff 128 /LockDocument /true", "/Lock << /Action /All /P 2 >>",
			pades.Options{}, "lock", nil},
		{"no lock of the document", "/Ff 128 /LockDocument /false", "/Lock << /Action /All /P 1 >>", pades.Options{},
			"lock", nil},
		{"lock is left open", "/Ff 128 /LockDocument /auto", "", pades.Options{}, "", nil},
		{"lock, not required", "/LockDocument /true", "", pades.Options{}, "", nil},
		{"appearance", "/Ff 256 /AppearanceFilter (Company)", "", pades.Options{}, "appearance", nil},
		{"appearance, not required", "/AppearanceFilter (Company)", "", pades.Options{}, "", nil},
		{"certification is followed", "/MDP << /P 2 >>", "", pades.Options{}, "",
			func(s pades.Signature) bool { return s.Certification == pades.FormFilling }},
		{"certification agrees", "/MDP << /P 3 >>", "", pades.Options{Certify: 3}, "",
			func(s pades.Signature) bool { return s.Certification == pades.FormsAndComments }},
		{"other certification", "/MDP << /P 2 >>", "", pades.Options{Certify: 3}, "permits 2", nil},
		{"approval", "/MDP << /P 0 >>", "", pades.Options{}, "",
			func(s pades.Signature) bool { return s.Certification == 0 }},
		{"approval, not a certification", "/MDP << /P 0 >>", "", pades.Options{Certify: 1}, "approval", nil},
		{"unknown certification", "/MDP << /P 7 >>", "", pades.Options{}, "not known", nil},
		{"timestamp", "/TimeStamp << /URL (http://127.0.0.1:1/) /Ff 1 >>", "", pades.Options{}, "B-T", nil},
		{"timestamp, not required", "/TimeStamp << /URL (http://127.0.0.1:1/) >>", "", pades.Options{}, "", nil},
		{"not a seed value", "/Reasons [3]", "", pades.Options{}, "neither a name nor a string", nil},
		{"too many seed values", "/Reasons [" + strings.Repeat("(x) ", 1001) + "]", "", pades.Options{}, "too many",
			nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.options.Field = "seal"
			tryField(t, s, seeded(test.seed, test.more), test.options, test.refused, test.check)
		})
	}
}

func tryField(t *testing.T, s signer, document []byte, options pades.Options, refused string,
	check func(pades.Signature) bool) {
	t.Helper()
	signed, err := s.try(t.Context(), document, options)
	if refused != "" {
		code := codeOf(err)
		if code != pades.CodeFieldUnusable && code != pades.CodeDamaged && code != pades.CodeTooComplex ||
			!strings.Contains(err.Error(), refused) {
			t.Errorf("got %v, want a refusal with %q", err, refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	found := verified(t, signed, s.trust())
	last := found[len(found)-1]
	if last.Indication != pades.TotalPassed || last.Field != "seal" || check != nil && !check(last) {
		t.Errorf("got %+v", last)
	}
}

func TestCertificateSeedValues(t *testing.T) {
	t.Parallel()
	s, other := seedSigner(t), seedSigner(t)
	der := func(c *x509.Certificate) string { return "<" + hex.EncodeToString(c.Raw) + ">" }
	for _, test := range []struct{ name, seed, refused string }{
		{"subject", "/Ff 1 /Subject [" + der(other.chain[0]) + der(s.chain[0]) + "]", ""},
		{"other subject", "/Ff 1 /Subject [" + der(other.chain[0]) + der(s.chain[1]) + "]", "another signer"},
		{"other subject, not required", "/Subject [" + der(other.chain[0]) + "]", ""},
		{"no subject", "/Ff 1", "another signer"},
		{"issuer", "/Ff 2 /Issuer [" + der(s.chain[1]) + "]", ""},
		{"root", "/Ff 2 /Issuer [" + der(s.chain[2]) + "]", ""},
		{"itself is no issuer", "/Ff 2 /Issuer [" + der(s.chain[0]) + "]", "another issuer"},
		{"other issuer", "/Ff 2 /Issuer [" + der(other.chain[1]) + "]", "another issuer"},
		{"policies", "/Ff 4 /OID [(1.2.3.4) (1.2.3.5)]", ""},
		{"a policy that it lacks", "/Ff 4 /OID [(1.2.3.4) (1.2.3.6)]", "another policy"},
		{"no policy", "/Ff 4", "another policy"},
		{"subject name", "/Ff 8 /SubjectDN [<< /CN (Other) >> << /CN (Seal) /C (DE) >>]", ""},
		{"subject name by identifier", "/Ff 8 /SubjectDN [<< /2.5.4.3 (Seal) >>]", ""},
		{"other subject name", "/Ff 8 /SubjectDN [<< /CN (Seal) /C (FR) >>]", "another subject"},
		{"unknown attribute", "/Ff 8 /SubjectDN [<< /CN (Seal) /Height (2) >>]", "another subject"},
		{"empty subject name", "/Ff 8 /SubjectDN [<< >>]", "another subject"},
		{"key usage", "/Ff 32 /KeyUsage [(1XXXXXXXX)]", ""},
		{"key usage, one of two", "/Ff 32 /KeyUsage [(0) (11)]", ""},
		{"other key usage", "/Ff 32 /KeyUsage [(XX1)]", "key usage"},
		{"key usage that must not be", "/Ff 32 /KeyUsage [(X0)]", "key usage"},
		{"key usage beyond all", "/Ff 32 /KeyUsage [(XXXXXXXXX1)]", "key usage"},
		{"empty key usage", "/Ff 32 /KeyUsage [()]", "key usage"},
		{"address", "/Ff 64 /URL (https://ca.example/)", ""},
		{"address for a browser", "/Ff 64 /URL (https://ca.example/) /URLType /Browser", ""},
		{"signing service", "/Ff 64 /URL (https://ca.example/) /URLType /ASSP", "signing service"},
		{"signing service, not required", "/URL (https://ca.example/) /URLType /ASSP", ""},
		{"signature policy", "/SignaturePolicyOID (1.2.3)", "signature policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tryField(t, s, seeded("/Cert << "+test.seed+" >>", ""), pades.Options{Field: "seal"}, test.refused, nil)
		})
	}
}

// A certification that a field prescribes must also be the first signature.
func TestSeededCertificationComesFirst(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	document := s.sign(t, seeded("/MDP << /P 2 >>", ""), pades.Options{})
	if _, err := s.try(t.Context(), document, pades.Options{Field: "seal"}); codeOf(err) != pades.CodeAlreadySigned {
		t.Errorf("got %v, want %s", err, pades.CodeAlreadySigned)
	}
}

// silentTSA never answers.
type silentTSA struct{}

func (silentTSA) Timestamp(context.Context, crypto.Hash, []byte) (*cms.Timestamp, error) {
	return nil, &pades.ServiceError{Service: "TSA", Detail: "no answer"}
}

func (silentTSA) TokenSize() int { return 100 }

// A timestamp that a field requires is not omitted even if the caller allows a lower level.
func TestSeededTimestampIsNotGivenUp(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for seed, required := range map[string]bool{"/TimeStamp << /Ff 1 >>": true, "/TimeStamp << /Ff 0 >>": false} {
		_, err := s.try(t.Context(), seeded(seed, ""), pades.Options{
			Field: "seal", Level: pades.LevelBT, AllowLower: true, Services: pades.Services{Timestamper: silentTSA{}},
		})
		if _, failed := errors.AsType[*pades.ServiceError](err); failed != required {
			t.Errorf("%s: got %v, want a failure: %v", seed, err, required)
		}
	}
}
