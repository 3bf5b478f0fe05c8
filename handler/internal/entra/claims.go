package entra

import (
	"errors"
	"fmt"
)

// claims are what Influxion reads of an access token. Names and addresses of people are never read: they are mutable.
type claims struct {
	issuer, audience, version string // iss, aud, ver
	tenant, object, subject   string // tid, oid, sub
	client                    string // azp or appid, by version
	clientAuth                string // azpacr or appidacr: "0" = public client
	kind                      string // idtyp, an optional claim: user or app
	scope                     string // scp
	roles                     []string
	expiry, notBefore, issued int64 // exp, nbf, iat: seconds since 1970

	delegated bool   // scp is there
	forClient bool   // a claim that only ID tokens have is there
	bound     bool   // cnf is there: the token needs a proof of possession
	forOIDC   []byte // the claims that go-oidc reads, as a JSON object of their own
}

func parseClaims(text string) (claims, error) {
	c := claims{forOIDC: make([]byte, 0, 192)}
	var azp, appid, azpacr, appidacr string
	o := object{text: text}
	for o.next() {
		ok := true
		switch o.name {
		case "iss":
			c.issuer, ok = o.value.text()
			c.share(o.name, o.value)
		case "aud":
			// A list is legal in RFC 7519, but Entra ID never writes one: a token for several APIs is not for this one.
			c.audience, ok = o.value.text()
		case "exp":
			c.expiry, ok = o.value.seconds()
			c.share(o.name, o.value)
		case "nbf":
			c.notBefore, ok = o.value.seconds()
			c.share(o.name, o.value)
		case "iat":
			c.issued, ok = o.value.seconds()
		case "ver":
			c.version, ok = o.value.text()
		case "tid":
			c.tenant, ok = o.value.text()
		case "oid":
			c.object, ok = o.value.text()
		case "sub":
			c.subject, ok = o.value.text()
		case "azp":
			azp, ok = o.value.text()
		case "appid":
			appid, ok = o.value.text()
		case "azpacr":
			azpacr, ok = o.value.text()
		case "appidacr":
			appidacr, ok = o.value.text()
		case "idtyp":
			c.kind, ok = o.value.text()
		case "scp":
			c.scope, ok = o.value.text()
			c.delegated = true
		case "roles":
			c.roles, ok = o.value.texts()
		case "nonce", "at_hash", "c_hash":
			c.forClient = true
		case "cnf":
			c.bound = true
		}
		if !ok {
			return claims{}, fmt.Errorf("%s of a wrong type", o.name)
		}
	}
	if o.err != nil {
		return claims{}, o.err
	}
	c.client, c.clientAuth = azp, azpacr
	if c.version == "1.0" {
		c.client, c.clientAuth = appid, appidacr
	}
	c.forOIDC = append(c.forOIDC, '}')
	return c, c.complete()
}

// share copies a claim into forOIDC.
func (c *claims) share(name string, value value) {
	separator := byte(',')
	if len(c.forOIDC) == 0 {
		separator = '{'
	}
	c.forOIDC = append(c.forOIDC, separator, '"')
	c.forOIDC = append(c.forOIDC, name...)
	c.forOIDC = append(c.forOIDC, '"', ':')
	c.forOIDC = append(c.forOIDC, value...)
}

// complete refuses tokens that lack a claim of every access token, and those that are something else. The client is what keeps
// an ID token of the API's own registration out even when its user holds an app role: ID tokens name no client.
func (c *claims) complete() error {
	for _, claim := range []struct{ name, value string }{
		{"iss", c.issuer}, {"aud", c.audience}, {"ver", c.version}, {"tid", c.tenant}, {"oid", c.object}, {"sub", c.subject},
		{"client (azp, appid)", c.client},
	} {
		if claim.value == "" {
			return fmt.Errorf("%s missing", claim.name)
		}
	}
	switch {
	case c.expiry == 0 || c.notBefore == 0 || c.issued == 0:
		return errors.New("exp, nbf or iat missing")
	case c.forClient:
		return errors.New("token is an ID token")
	case c.bound:
		return errors.New("token is bound to a key and came without proof")
	case !isGUID(c.object) || !isGUID(c.client):
		return errors.New("oid or client is not a GUID")
	}
	return nil
}

// isGUID tells whether text is a GUID as Azure writes it.
func isGUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}
