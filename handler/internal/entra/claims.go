package entra

import (
	"errors"
	"fmt"
	"time"

	"influxion/handler/internal/guid"
)

// claims are the claims that Influxion reads of an access token. It never reads names and addresses
// of people, which can change.
type claims struct {
	issuer, audience, version string // iss, aud, ver
	tenant, object, subject   string // tid, oid, sub
	client                    string // azp or appid, by version
	clientAuth                string // azpacr or appidacr: "0" = public client
	validity
	rights
}

// validity says when a token may be used, in seconds since 1970.
type validity struct {
	expiry, notBefore, issued int64 // exp, nbf, iat
}

// rights are what a token grants, and to what kind of caller.
type rights struct {
	identityType string // idtyp, an optional claim: user or app
	scope        string // scp
	delegated    bool   // scp is there
	roles        []string
}

// parseClaims reads claims, and refuses those that are not of an access token.
func parseClaims(text []byte) (claims, error) {
	var c claims
	var v1, v2 struct{ client, clientAuth string }
	err := readObject(text, func(o *object, name string) (err error) {
		switch name {
		case "appid":
			v1.client, err = o.text()
		case "appidacr":
			v1.clientAuth, err = o.text()
		case "azp":
			v2.client, err = o.text()
		case "azpacr":
			v2.clientAuth, err = o.text()
		case "nonce", "at_hash", "c_hash":
			return errors.New("token is an ID token")
		case "cnf":
			return errors.New("token is bound to a key and came without proof")
		default:
			err = c.read(o, name)
		}
		if errors.Is(err, errWrongType) {
			return fmt.Errorf("%s: %w", name, err)
		}
		return err
	})
	if err != nil {
		return claims{}, err
	}
	c.client, c.clientAuth = v2.client, v2.clientAuth
	if c.version == "1.0" {
		c.client, c.clientAuth = v1.client, v1.clientAuth
	}
	return c, c.complete()
}

// read reads a claim that has the same name in both versions of tokens, and skips all others.
func (c *claims) read(o *object, name string) (err error) {
	switch name {
	case "iss":
		c.issuer, err = o.text()
	case "aud":
		// RFC 7519 allows a list, but Entra ID never writes one: a token for several APIs is
		// refused.
		c.audience, err = o.text()
	case "exp":
		c.expiry, err = o.seconds()
	case "nbf":
		c.notBefore, err = o.seconds()
	case "iat":
		c.issued, err = o.seconds()
	case "ver":
		c.version, err = o.text()
	case "tid":
		c.tenant, err = o.text()
	case "oid":
		c.object, err = o.text()
	case "sub":
		c.subject, err = o.text()
	case "idtyp":
		c.identityType, err = o.text()
	case "scp":
		c.delegated = true
		c.scope, err = o.text()
	case "roles":
		c.roles, err = o.texts()
	default:
		return o.skip()
	}
	return err
}

// complete refuses a token that lacks a claim of every access token. The check of the client keeps
// out ID tokens of the API's own registration, even where their user has an app role: ID tokens
// name no client.
func (c *claims) complete() error {
	for _, claim := range []struct{ name, value string }{
		{"iss", c.issuer}, {"aud", c.audience}, {"ver", c.version}, {"tid", c.tenant}, {"oid", c.object},
		{"sub", c.subject}, {"client (azp, appid)", c.client},
	} {
		if claim.value == "" {
			return fmt.Errorf("%s missing", claim.name)
		}
	}
	switch {
	case c.expiry == 0 || c.notBefore == 0 || c.issued == 0:
		return errors.New("exp, nbf or iat missing")
	case !guid.Valid(c.object) || !guid.Valid(c.client):
		return errors.New("oid or client is not a GUID")
	}
	return nil
}

// check refuses a token at a time when it may not be used. The leeway is for nbf and iat alone.
func (v validity) check(now time.Time) error {
	seconds, latest := now.Unix(), now.Add(leeway).Unix()
	switch {
	case seconds >= v.expiry:
		return errors.New("token has expired")
	case latest < v.notBefore:
		return errors.New("token is not valid yet")
	case latest < v.issued:
		return errors.New("token was issued in the future")
	}
	return nil
}
