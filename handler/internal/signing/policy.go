package signing

import (
	"context"
	"fmt"
	"slices"
)

// Policy says which certificates callers may use. The zero Policy allows every certificate of the
// source, has no default, and lets nobody have hashes signed.
type Policy struct {
	// Certificates are the allowed names; the first is the default. Empty allows every name that
	// the source knows.
	Certificates []string
	// ByRole asks of a caller the role sign.<certificate> or sign.* beside that.
	ByRole bool
	// HomeTenant is the tenant whose tokens carry roles that count.
	HomeTenant string
	// TenantRoles are the roles of callers of other tenants.
	TenantRoles []TenantRole
}

// MaySign tells whether the principal may have documents signed with the certificate of that name,
// whether or not it exists.
func (p Policy) MaySign(principal Principal, certificate string) bool {
	return p.allowed(certificate) >= 0 && (!p.ByRole || p.may(principal, signOperation, certificate))
}

// MayHash tells whether the principal may have hashes signed with the certificate of that name: of
// content that is not seen here. That takes the role hash.<certificate> whether or not signing
// takes one, and no role stands for all certificates: each blind signature could be one under
// anything.
func (p Policy) MayHash(principal Principal, certificate string) bool {
	return p.allowed(certificate) >= 0 && p.may(principal, hashOperation, certificate)
}

// MayHashAny tells whether the principal may have hashes signed with any certificate.
func (p Policy) MayHashAny(principal Principal) bool {
	return slices.ContainsFunc(p.roles(principal), func(role Role) bool { return role.operation == hashOperation })
}

// Choose gives the name of the certificate that the principal gets for the name it asked for ("" =
// the default). A name that is not allowed gets the same error as one that does not exist, before
// the source is asked for either.
func (p Policy) Choose(principal Principal, asked string) (string, error) {
	if asked == "" {
		if len(p.Certificates) == 0 {
			return "", &Error{Kind: InvalidRequest, Code: "certificate_required",
				Detail: "this deployment has no default certificate: name one in the option certificate"}
		}
		asked = p.Certificates[0]
	}
	if !ValidCertificateName(asked) {
		return "", CertificateNotFound(fmt.Errorf("not a vault object name (%d bytes)", len(asked)))
	}
	i := p.allowed(asked)
	if i < 0 {
		return "", CertificateNotFound(fmt.Errorf("certificate %q is not allowed by policy", asked))
	}
	if !p.MaySign(principal, asked) {
		return "", CertificateNotFound(fmt.Errorf("no role of the caller is for certificate %q", asked))
	}
	return p.spelled(asked, i), nil
}

// spelled gives an allowed name as it is used and audited: as the setting has it.
func (p Policy) spelled(name string, place int) string {
	if len(p.Certificates) == 0 {
		return name
	}
	return p.Certificates[place]
}

// allowed gives the place of a name among the allowed ones, 0 where every name is, and -1 for one
// that is not, or that is no name. Vault object names are case-insensitive.
func (p Policy) allowed(name string) int {
	switch {
	case !ValidCertificateName(name):
		return -1
	case len(p.Certificates) == 0:
		return 0
	}
	return slices.IndexFunc(p.Certificates, func(allowed string) bool { return lower(allowed) == lower(name) })
}

// Names lists what the principal may ask for.
func (p Policy) Names(ctx context.Context, principal Principal, source CertificateSource) ([]string, error) {
	names, err := p.all(ctx, source)
	if err != nil || !p.ByRole {
		return names, err
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !p.MaySign(principal, name) }), nil
}

// all lists what anybody may ask for.
func (p Policy) all(ctx context.Context, source CertificateSource) ([]string, error) {
	if len(p.Certificates) > 0 {
		return p.Certificates, nil
	}
	return source.Names(ctx)
}
