package doctor

import (
	"net/url"
	"regexp"
	"strings"
)

var authParameter = regexp.MustCompile(`([A-Za-z_]+)="((?:[^"\\]|\\.)*)"`)

// parameter returns one quoted parameter of a challenge (RFC 9110, section 11.2).
func parameter(challenge, name string) string {
	for _, match := range authParameter.FindAllStringSubmatch(challenge, 16) {
		if strings.EqualFold(match[1], name) {
			return strings.ReplaceAll(strings.ReplaceAll(match[2], `\"`, `"`), `\\`, `\`)
		}
	}
	return ""
}

// authorityOf returns the authority and the tenant in https://host/tenant/….
func authorityOf(address string) (authority, tenant string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", "", false
	}
	tenant, _, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return "https://" + u.Host, tenant, tenant != ""
}
