// Package entra turns an access token of Microsoft Entra ID into a signing.Principal, or refuses it: OAuth 2.0 bearer tokens
// (RFC 6750) in the form of signed JWTs (RFC 7515, 7519), v1.0 and v2.0, read as strictly as RFC 8725 asks. The signing keys come
// from the tenant's OpenID Connect discovery document, and from nowhere else.
//
// It must never log or return a token or a part of one, never tell a caller which check refused it, never take an ID token for an
// access token, and never ask the authority more often because someone sends bad tokens.
package entra

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"influxion/handler/internal/signing"
)

// leeway is how far the authority's clock may be ahead of ours in nbf and iat. exp has none: a token is refused from the second
// of its exp on (RFC 7519 section 4.1.4), and clients renew theirs minutes before.
const leeway = 5 * time.Minute

// Authenticator verifies access tokens. Safe for concurrent use.
type Authenticator struct {
	config  Config
	issuers map[string]issuer // by iss
	rings   []*keyRing        // the first is the home tenant's, or the first allowed one's
}

// New checks the configuration, reporting all its faults, and does no network I/O: keys load on first use, or by Run.
func New(config Config) (*Authenticator, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	a := &Authenticator{config: config}
	source := authority{host: config.AuthorityHost, client: boundedClient(config.HTTPClient)}
	ring := func(tenant string) *keyRing {
		keys := newKeyRing(tenant, source.keys, config.Now, config.Logger)
		if tenant == config.TenantID {
			a.rings = slices.Insert(a.rings, 0, keys)
		} else {
			a.rings = append(a.rings, keys)
		}
		return keys
	}
	a.issuers = issuers(config.AuthorityHost, config.AllowedTenants, ring)
	return a, nil
}

// Authenticate verifies an access token and gives its caller. Its errors are *signing.Error: Unauthenticated (invalid_token, the
// same for every check), PermissionDenied (insufficient_scope) for a good token without the right, Unavailable
// (identity_unavailable) when the keys to tell cannot be had. The cause is in Err and names no value of the token. With
// PermissionDenied the principal is given too, verified, for the record of the refusal.
func (a *Authenticator) Authenticate(ctx context.Context, accessToken string) (signing.Principal, error) {
	t, err := parseToken(accessToken)
	if err != nil {
		return signing.Principal{}, invalidToken(err)
	}
	now := a.config.Now()
	// The claims are checked first because it is cheap: only a token that could be good is worth a key.
	from, err := a.admit(&t.claims, now)
	if err != nil {
		return signing.Principal{}, invalidToken(err)
	}
	if err := verify(ctx, t, from, now); err != nil {
		if fault, ok := errors.AsType[*signing.Error](err); ok {
			return signing.Principal{}, fault
		}
		return signing.Principal{}, invalidToken(err)
	}
	return a.authorize(&t.claims)
}

// admit checks whose token it is, for whom and when, and gives its issuer.
func (a *Authenticator) admit(c *claims, now time.Time) (issuer, error) {
	from, ok := a.issuers[c.issuer]
	seconds := now.Unix()
	latest := now.Add(leeway).Unix()
	switch {
	case !ok:
		return issuer{}, errors.New("iss is not of an allowed tenant in this cloud")
	case c.tenant != from.tenant:
		return issuer{}, errors.New("tid and iss disagree")
	case c.version != from.version:
		return issuer{}, errors.New("ver and iss disagree")
	case !slices.Contains(a.config.Audiences, c.audience):
		return issuer{}, errOtherAPI
	case seconds >= c.expiry:
		return issuer{}, errors.New("token has expired")
	case latest < c.notBefore:
		return issuer{}, errors.New("token is not valid yet")
	case latest < c.issued:
		return issuer{}, errors.New("token was issued in the future")
	}
	return from, nil
}

// verify has go-oidc check algorithm, issuer and dates of a token whose signature its key set, ours, has verified.
//
// Of the token go-oidc is given what it reads and no more: a header with its alg, and from the key set, once the signature of the
// whole token holds, the claims iss, exp and nbf. It would copy, decode and parse everything else again, at the cost of half a
// signature check, to no effect.
func verify(ctx context.Context, t *token, from issuer, now time.Time) error {
	signature := &verifiedToken{token: t, keys: from.keys}
	verifier := oidc.NewVerifier(from.name, signature, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipClientIDCheck:    true, // admit knows two audiences
		Now:                  func() time.Time { return now },
	})
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + t.algorithm + `"}`))
	_, err := verifier.Verify(ctx, header+"..")
	switch {
	case signature.err != nil:
		return signature.err
	case err != nil:
		// Its texts quote the token.
		return errors.New("go-oidc refuses the token")
	case !signature.verified:
		return errors.New("internal error: signature not verified")
	}
	return nil
}

// Ready tells whether there are keys to verify tokens of the home tenant with, loading them if need be. Its error is a
// *signing.Error of kind Unavailable.
func (a *Authenticator) Ready(ctx context.Context) error { return a.rings[0].ready(ctx) }

// Run loads the home tenant's keys and keeps all keys in use fresh until the context ends. It is there to save the first callers
// the wait; everything works without it.
func (a *Authenticator) Run(ctx context.Context) {
	const interval = 15 * time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		for i, ring := range a.rings {
			ring.refresh(i == 0)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func invalidToken(cause error) *signing.Error {
	return &signing.Error{Kind: signing.Unauthenticated, Code: "invalid_token",
		Detail: "the access token is missing or not valid", Err: cause}
}
