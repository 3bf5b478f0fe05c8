package signing

import (
	"errors"
	"slices"
	"strings"
)

// Operations that a role allows, and the name that stands for every certificate.
const (
	signOperation  = "sign"
	hashOperation  = "hash"
	anyCertificate = "*"
)

// maxRoleLength is the longest value of an app role in Entra ID (appRole, Microsoft Graph). If the
// name of a certificate does not fit behind "sign.", only the role sign.* covers that certificate.
const maxRoleLength = 120

// Role is an app role that is about a certificate: sign.<certificate>, sign.* for every
// certificate, or hash.<certificate>. A hash that is signed blind could be of anything, so no role
// allows hashes for all certificates. Names of vault objects are case-insensitive, and so are
// roles.
type Role struct {
	operation   string // signOperation or hashOperation
	certificate string // in lower case, or anyCertificate
}

// ParseRole reads a role. A wildcard stands for a whole name; it cannot be a part of one.
func ParseRole(text string) (Role, error) {
	if len(text) > maxRoleLength {
		return Role{}, errors.New("a role has 120 characters at most")
	}
	operation, certificate, _ := strings.Cut(text, ".")
	role := Role{lower(operation), lower(certificate)}
	if role.operation != signOperation && role.operation != hashOperation {
		return Role{}, errors.New("a role begins with sign or hash and a full stop")
	}
	if (certificate != anyCertificate || !role.Signs()) && !ValidCertificateName(certificate) {
		return Role{}, errors.New("a role ends with the name of a certificate, or is sign.*")
	}
	return role, nil
}

// AnyCertificate tells whether the role is for every certificate.
func (r Role) AnyCertificate() bool { return r.certificate == anyCertificate }

// Signs tells whether the role is about signing documents, not about signing hashes.
func (r Role) Signs() bool { return r.operation == signOperation }

// allows tells whether the role is for the operation with the certificate, named in lower case.
func (r Role) allows(operation, certificate string) bool {
	return r.operation == operation && (r.AnyCertificate() || r.certificate == certificate)
}

// lower changes ASCII letters alone. Some other letters of Unicode fold to an ASCII letter, but
// they are not that letter.
func lower(text string) string {
	out := []byte(text)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// TenantRole is a role that every caller of another tenant than the home tenant has.
type TenantRole struct {
	TenantID string // in lower case
	Role     Role
}

// ParseTenantRole reads <tenant ID>/<role>. The role names one certificate: what another tenant
// gets is listed. The tenant's ID is not checked.
func ParseTenantRole(text string) (TenantRole, error) {
	tenant, name, found := strings.Cut(text, "/")
	if !found {
		return TenantRole{}, errors.New("want a tenant ID, a slash and a role")
	}
	role, err := ParseRole(name)
	if err != nil {
		return TenantRole{}, err
	}
	if role.AnyCertificate() {
		return TenantRole{}, errors.New("a role of another tenant names one certificate")
	}
	return TenantRole{lower(tenant), role}, nil
}

// may tells whether the principal holds a role for the operation with the certificate.
func (p Policy) may(principal Principal, operation, certificate string) bool {
	certificate = lower(certificate)
	return slices.ContainsFunc(p.roles(principal), func(role Role) bool { return role.allows(operation, certificate) })
}

// roles are the principal's roles that count. Roles of a token count from the home tenant alone:
// the administrator of another tenant defines and grants any role there.
func (p Policy) roles(principal Principal) []Role {
	var roles []Role
	if p.HomeTenant != "" && lower(principal.TenantID) == lower(p.HomeTenant) {
		for _, text := range principal.Roles {
			if role, err := ParseRole(text); err == nil {
				roles = append(roles, role)
			}
		}
		return roles
	}
	for _, granted := range p.TenantRoles {
		if granted.TenantID == lower(principal.TenantID) {
			roles = append(roles, granted.Role)
		}
	}
	return roles
}
