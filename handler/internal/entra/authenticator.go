package entra

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"influxion/handler/internal/signing"
)

// Authenticator verifies access tokens. Safe for concurrent use.
type Authenticator struct {
	config   Config
	issuers  map[string]issuer // by iss
	rings    []*keyRing        // the first is the home tenant's, or the first allowed one's
	verified *verifiedTokens
}

// New checks the configuration and reports everything that is wrong with it. It does no network
// I/O: keys load on first use, or by Run.
func New(config Config) (*Authenticator, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	a := &Authenticator{config: config, verified: newVerifiedTokens(maxVerifiedBytes)}
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

// Authenticate verifies an access token and gives its caller. Its errors are *signing.Error:
// Unauthenticated (invalid_token, the same for every check); PermissionDenied (insufficient_scope)
// for a valid token without the right; Unavailable (identity_unavailable) when the keys are not
// available now. Err has the cause, and no value of the token. With PermissionDenied the verified
// principal is returned too, for the audit record.
func (a *Authenticator) Authenticate(ctx context.Context, accessToken string) (signing.Principal, error) {
	if len(accessToken) > maxToken {
		return signing.Principal{}, invalidToken(errors.New("token too long"))
	}
	text := []byte(accessToken)
	digest := sha256.Sum256(text)
	if principal, ok := a.verified.find(digest, a.config.Now()); ok {
		return principal, nil
	}
	t, err := parseCompact(text)
	if err != nil {
		return signing.Principal{}, invalidToken(err)
	}
	// The claims are checked first because that is cheap: no key is fetched for a token that cannot
	// be valid.
	from, err := a.admit(&t.claims, a.config.Now())
	if err != nil {
		return signing.Principal{}, invalidToken(err)
	}
	generation, err := a.verify(ctx, accessToken, t, from)
	if err != nil {
		if unavailable, ok := errors.AsType[*signing.Error](err); ok {
			return signing.Principal{}, unavailable
		}
		return signing.Principal{}, invalidToken(err)
	}
	principal, err := a.authorize(&t.claims)
	if err != nil {
		return principal, err
	}
	a.verified.add(verifiedToken{digest, principal, t.claims.validity, from.keys, t.keyID, generation})
	return principal, nil
}

// admit checks the issuer, the audience and the dates of a token, and gives its issuer.
func (a *Authenticator) admit(c *claims, now time.Time) (issuer, error) {
	from, ok := a.issuers[c.issuer]
	switch {
	case !ok:
		return issuer{}, errors.New("iss is not of an allowed tenant in this cloud")
	case c.tenant != from.tenant:
		return issuer{}, errors.New("tid and iss disagree")
	case c.version != from.version:
		return issuer{}, errors.New("ver and iss disagree")
	case !slices.Contains(a.config.Audiences, c.audience):
		return issuer{}, errOtherAPI
	}
	return from, c.check(now)
}

// Ready reports whether there are keys to verify tokens of the home tenant with, and loads them if
// needed. Its error is a *signing.Error of kind Unavailable.
func (a *Authenticator) Ready(ctx context.Context) error { return a.rings[0].ready(ctx) }

// Run loads the home tenant's keys and keeps all keys in use fresh until the context ends. It saves
// the first callers the wait; without it keys load on first use.
func (a *Authenticator) Run(ctx context.Context) {
	ticker := time.NewTicker(runInterval)
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
