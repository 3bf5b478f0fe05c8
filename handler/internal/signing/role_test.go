package signing_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

const (
	homeTenant  = "11111111-1111-1111-1111-111111111111"
	otherTenant = "22222222-2222-2222-2222-222222222222"
)

func tenantRole(t *testing.T, text string) signing.TenantRole {
	t.Helper()
	role, err := signing.ParseTenantRole(text)
	if err != nil {
		t.Fatal(err)
	}
	return role
}

func TestRoles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 115)
	for _, test := range []struct {
		name        string
		roles       []string
		tenant      string
		certificate string
		sign, hash  bool
	}{
		{"the role of the certificate", []string{"sign.invoices"}, homeTenant, "invoices", true, false},
		{"another one", []string{"sign.contracts"}, homeTenant, "invoices", false, false},
		{"no role", nil, homeTenant, "invoices", false, false},
		{"the role to call", []string{"access_as_application"}, homeTenant, "invoices", false, false},
		{"every certificate", []string{"sign.*"}, homeTenant, "invoices", true, false},
		{"one of several", []string{"x", "sign.contracts", "sign.invoices"}, homeTenant, "invoices", true, false},
		{"in other case", []string{"SIGN.InVoices"}, homeTenant, "iNvoices", true, false},
		{"the first and the last letter in other case", []string{"sign.AZ"}, homeTenant, "az", true, false},
		{"a letter that folds to another", []string{"ſign.invoices", "sign.\u212aey"}, homeTenant, "key", false, false},
		{"a prefix", []string{"sign.invoice"}, homeTenant, "invoices", false, false},
		{"a longer name", []string{"sign.invoices-2"}, homeTenant, "invoices", false, false},
		{"a pattern is none", []string{"sign.inv*", "sign.**", "sign.?nvoices"}, homeTenant, "invoices", false, false},
		{"neither is all alone", []string{"*", "sign.", "sign", ".invoices", "*.invoices"}, homeTenant, "invoices",
			false,
			false},
		{"space around", []string{" sign.invoices", "sign.invoices "}, homeTenant, "invoices", false, false},
		{"hash", []string{"hash.invoices"}, homeTenant, "invoices", false, true},
		{"no role is for every hash", []string{"hash.*"}, homeTenant, "invoices", false, false},
		{"both", []string{"hash.invoices", "sign.*"}, homeTenant, "invoices", true, true},
		{"the longest role", []string{"sign." + long}, homeTenant, long, true, false},
		{"a longer role", []string{"sign." + long + "a"}, homeTenant, long + "a", false, false},
		{"what cannot be a name", []string{"sign.*", "hash.a/b"}, homeTenant, "a/b", false, false},
		{"the home tenant in capitals", []string{"sign.invoices"}, strings.ToUpper(homeTenant), "invoices", true,
			false},
		{"another tenant's role does not count", []string{"sign.*", "hash.invoices", "sign.invoices"}, otherTenant,
			"invoices",
			false, false},
		{"another tenant's setting does", nil, otherTenant, "contracts", true, false},
		{"in other case there", nil, strings.ToUpper(otherTenant), "CONTRACTS", true, false},
		{"and is for it alone", nil, "33333333-3333-3333-3333-333333333333", "contracts", false, false},
		{"and not for the home tenant", nil, homeTenant, "contracts", false, false},
		{"a hash there", nil, otherTenant, "archive", false, true},
		{"no tenant", []string{"sign.*", "hash.invoices"}, "", "invoices", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			policy := signing.Policy{ByRole: true, HomeTenant: homeTenant, TenantRoles: []signing.TenantRole{
				tenantRole(t, otherTenant+"/sign.contracts"), tenantRole(t, otherTenant+"/hash.Archive")}}
			principal := signing.Principal{TenantID: test.tenant, Roles: test.roles}
			if got := policy.MaySign(principal, test.certificate); got != test.sign {
				t.Errorf("got %v for signing, want %v", got, test.sign)
			}
			if _, err := policy.Choose(principal, test.certificate); (err == nil) != test.sign {
				t.Errorf("got %v, want %v", err, test.sign)
			}
			if got := policy.MayHash(principal, test.certificate); got != test.hash {
				t.Errorf("got %v for hashes, want %v", got, test.hash)
			}
			policy.Certificates = []string{"other"}
			if policy.MaySign(principal, test.certificate) || policy.MayHash(principal, test.certificate) {
				t.Error("got a right on what the deployment does not use, want none")
			}
		})
	}
}

// Nothing that only looks like a role or a tenant is one: each character of both is replaced by,
// and followed by, others that fold to it, look like it or do not show.
func TestRolesHaveNoLookAlikes(t *testing.T) {
	t.Parallel()
	others := []string{"\u017f", "\u212a", "\u0131", "\u0130", "\uff53", "\uff0e", "\u2024", "\u0455", "\u200b",
		"\u00ad", "\u0301", "\u202e", "\ufeff", "\x00", "\t", "\xff", "*", "?", "%2e", "\uff11", "\u0661"}
	policy := signing.Policy{ByRole: true, HomeTenant: homeTenant, TenantRoles: []signing.TenantRole{
		tenantRole(t, otherTenant+"/sign.seals"), tenantRole(t, otherTenant+"/hash.seals")}}
	check := func(p signing.Principal, certificate string) {
		if policy.MaySign(p, certificate) || policy.MayHash(p, certificate) {
			t.Errorf("got a right for %q with %q of tenant %q, want none", certificate, p.Roles, p.TenantID)
		}
	}
	each := func(text string, try func(string)) {
		for i := range text {
			for _, other := range others {
				try(text[:i] + other + text[i+1:])
				try(text[:i+1] + other + text[i+1:])
			}
		}
	}
	for _, role := range []string{"sign.seals", "hash.seals"} {
		each(role, func(text string) {
			check(signing.Principal{TenantID: homeTenant, Roles: []string{text}}, "seals")
		})
	}
	each("seals", func(text string) {
		check(signing.Principal{TenantID: homeTenant, Roles: []string{"sign.seals", "hash.seals", "sign.*"}}, text)
		check(signing.Principal{TenantID: otherTenant}, text)
	})
	for _, tenant := range []string{homeTenant, otherTenant} {
		each(tenant, func(text string) {
			check(signing.Principal{TenantID: text, Roles: []string{"sign.*", "sign.seals", "hash.seals"}}, "seals")
		})
	}
}

// Without a home tenant no roles count. Signing hashes requires a role in any case.
func TestRolesThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	principal := signing.Principal{Roles: []string{"hash.invoices", "sign.*"}}
	if policy := (signing.Policy{}); !policy.MaySign(principal, "a") || policy.MayHash(principal, "a") {
		t.Error("got another answer of the zero policy than: sign all, no hashes")
	}
	policy := signing.Policy{HomeTenant: homeTenant}
	principal = signing.Principal{TenantID: homeTenant}
	if !policy.MaySign(principal, "a") || policy.MayHash(principal, "a") {
		t.Error("got another answer to a caller without roles than: sign all, no hashes")
	}
}

func TestParseTenantRole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		otherTenant + "/sign.invoices": true, otherTenant + "/HASH.a": true,
		otherTenant + "/sign.*": false, otherTenant + "/hash.*": false, otherTenant + "/invoices": false,
		otherTenant: false, otherTenant + "/": false, "sign.invoices": false, "": false,
		otherTenant + "/sign.a/b": false, otherTenant + "/sign." + strings.Repeat("a", 116): false,
	} {
		if _, err := signing.ParseTenantRole(text); (err == nil) != want {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

// The listing has the certificates that may be used. An unknown certificate and a forbidden one
// look the same to the caller and to the vault. Everybody may verify any signature.
func TestRolesOfADirectory(t *testing.T) {
	t.Parallel()
	invoices, contracts := newCertificate(t, "invoices", pkitest.P256), newCertificate(t, "contracts", pkitest.P256)
	for _, listed := range [][]string{nil, {"invoices", "contracts"}} {
		source := &fakeSource{names: []string{"invoices", "contracts"},
			certificates: map[string]*signing.Certificate{"invoices": invoices, "contracts": contracts}}
		directory := &signing.Directory{Source: source,
			Policy: signing.Policy{ByRole: true, HomeTenant: homeTenant, Certificates: listed}}
		holder := signing.Principal{TenantID: homeTenant, Roles: []string{"sign.Contracts"}}
		list, err := directory.List(t.Context(), holder)
		if err != nil || !slices.Equal(list.Certificates, []*signing.Certificate{contracts}) {
			t.Errorf("got %v %v, want what the role is for", list, err)
		}
		source.asked = nil
		_, forbidden := directory.Find(t.Context(), holder, "invoices", "")
		_, unknown := directory.Find(t.Context(), holder, "payroll", "")
		a, b := *signing.AsError(forbidden), *signing.AsError(unknown)
		a.Err, b.Err = nil, nil
		if a != b || a.Code != "certificate_not_found" || len(source.asked) != 0 {
			t.Errorf("got %+v and %+v, and the vault asked for %v; want them alike, without the vault", a, b,
				source.asked)
		}
		sealed := sealWith(t, contracts)
		verifier := &signing.Verifier{Directory: directory, Now: time.Now}
		report, err := verifier.Verify(t.Context(), sealed)
		if err != nil || report.Signatures[0].Indication != pades.TotalPassed {
			t.Errorf("got %v %v, want a caller without roles to verify", report, err)
		}
	}
}

func sealWith(t *testing.T, certificate *signing.Certificate) pades.Document {
	t.Helper()
	document := bytes.NewReader(pdftest.Sample(0))
	sealer := newSealer(t, &fakeSource{certificates: map[string]*signing.Certificate{certificate.Name: certificate}})
	sealed, err := sealer.Seal(context.Background(), signing.Principal{},
		signing.Request{Document: document, Certificate: certificate.Name}, &signing.Record{})
	if err != nil {
		t.Fatal(err)
	}
	return pades.Join(document, sealed.Increment)
}

// FuzzParseRole: a role is for the certificate that it names, and for no other.
func FuzzParseRole(f *testing.F) {
	for _, seed := range []string{"sign.invoices", "hash.*", "SIGN.A", "sign.", "sign.a.b", "", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		role, err := signing.ParseRole(text)
		principal := signing.Principal{TenantID: homeTenant, Roles: []string{text}}
		policy := signing.Policy{ByRole: true, HomeTenant: homeTenant}
		if policy.MaySign(principal, "certificate-of-nobody") && (err != nil || !role.AnyCertificate()) &&
			!strings.EqualFold(text, "sign.certificate-of-nobody") {
			t.Errorf("got %q to be for every certificate", text)
		}
		if err != nil && (policy.MaySign(principal, text) || policy.MayHash(principal, text)) {
			t.Errorf("got a right from %q, which is no role", text)
		}
	})
}
