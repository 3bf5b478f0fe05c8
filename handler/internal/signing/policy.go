package signing

import (
	"context"
	"fmt"
	"slices"
)

// Policy says which certificates callers may use. The zero Policy allows every certificate of the
// source, has no default, and lets nobody sign hashes.
type Policy struct {
	// Certificates are the allowed names; the first is the default. Empty allows every name that
	// the source knows.
	Certificates []string
	// ByRole also requires of a caller the role sign.<certificate> or sign.*.
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

// MayHash tells whether the principal may have hashes signed with the certificate of that name. The
// documents behind the hashes are not seen here. Therefore the role hash.<certificate> is required
// even if signing requires no role.
func (p Policy) MayHash(principal Principal, certificate string) bool {
	return p.allowed(certificate) >= 0 && p.may(principal, hashOperation, certificate)
}

// holdsHashRole tells whether the principal may have hashes signed with any certificate at all.
func (p Policy) holdsHashRole(principal Principal) bool {
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
	return p.choose(asked, p.MaySign(principal, asked))
}

// chooseForHashes gives the name of the certificate with which the principal may have hashes
// signed. There is no default. Its errors are those of Choose.
func (p Policy) chooseForHashes(principal Principal, asked string) (string, error) {
	return p.choose(asked, p.MayHash(principal, asked))
}

func (p Policy) choose(asked string, may bool) (string, error) {
	i := p.allowed(asked)
	switch {
	case !ValidCertificateName(asked):
		return "", CertificateNotFound(fmt.Errorf("not a vault object name (%d bytes)", len(asked)))
	case i < 0:
		return "", CertificateNotFound(fmt.Errorf("certificate %q is not allowed by policy", asked))
	case !may:
		return "", CertificateNotFound(fmt.Errorf("no role of the caller is for certificate %q", asked))
	case len(p.Certificates) == 0:
		return asked, nil
	}
	// The spelling of the setting is used and audited, not the caller's.
	return p.Certificates[i], nil
}

// allowed gives the index of a name among the allowed ones. It gives 0 if every name is allowed,
// and -1 if the name is not allowed or is no valid name. Vault object names are case-insensitive.
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
