package signing

import "strings"

// hashRole begins the app roles that allow blind signatures: hash.<certificate>.
const hashRole = "hash."

// mayHash tells whether the caller holds the app role hash.<certificate>, without regard to case.
// Roles count from the home tenant alone: an administrator of another tenant can define and grant
// any role there. No role stands for all certificates, since each blind signature could be one
// under anything.
func (p Principal) mayHash(home, certificate string) bool {
	if home == "" || !strings.EqualFold(p.TenantID, home) {
		return false
	}
	for _, role := range p.Roles {
		if strings.EqualFold(role, hashRole+certificate) {
			return true
		}
	}
	return false
}

// holdsHashRole tells whether the caller holds such a role for any certificate.
func (p Principal) holdsHashRole(home string) bool {
	for _, role := range p.Roles {
		if len(role) > len(hashRole) && strings.EqualFold(role[:len(hashRole)], hashRole) &&
			ValidCertificateName(role[len(hashRole):]) {
			return home != "" && strings.EqualFold(p.TenantID, home)
		}
	}
	return false
}
