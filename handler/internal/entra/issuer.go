package entra

import "strings"

// issuer is what an iss claim names: one tenant, in one version of the tokens.
type issuer struct {
	name    string // the iss claim itself
	tenant  string
	version string // the ver claim that goes with it
	keys    *keyRing
}

// issuerV2 is a tenant's issuer in v2.0 tokens and in its discovery document.
func issuerV2(authority, tenant string) string { return authority + "/" + tenant + "/v2.0" }

// issuerV1 is a tenant's issuer in v1.0 tokens, whose host differs by cloud; "" for an authority
// that is not Microsoft's, from which only v2.0 tokens are accepted.
func issuerV1(authority, tenant string) string {
	switch strings.TrimPrefix(authority, "https://") {
	case "login.microsoftonline.com", "login.microsoftonline.us":
		return "https://sts.windows.net/" + tenant + "/"
	case "login.partner.microsoftonline.cn", "login.chinacloudapi.cn":
		return "https://sts.chinacloudapi.cn/" + tenant + "/"
	}
	return ""
}

// issuers lists the accepted values of iss. Each tenant has its own keys, from its own discovery
// document, so that the document's issuer is checked exactly and no tenant's key is ever used for
// another tenant's token.
func issuers(authority string, tenants []string, ring func(tenant string) *keyRing) map[string]issuer {
	list := map[string]issuer{}
	for _, tenant := range tenants {
		v2 := issuerV2(authority, tenant)
		if _, twice := list[v2]; twice {
			continue
		}
		keys := ring(tenant)
		list[v2] = issuer{v2, tenant, "2.0", keys}
		if v1 := issuerV1(authority, tenant); v1 != "" {
			list[v1] = issuer{v1, tenant, "1.0", keys}
		}
	}
	return list
}
