package entratest

import (
	"context"
	"crypto/sha1" // x5t is a SHA-1 thumbprint (RFC 7515 section 4.1.7)
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	tokenExchange = "api://AzureADTokenExchange"
	maxDocument   = 1 << 20
)

// checkAssertion verifies a client assertion (RFC 7523 section 3). It is signed by the client's own
// certificate, or it is a token of an issuer that the registration trusts.
func (s *Server) checkAssertion(r *http.Request, tenant string, client Client, assertion string) *oauthError {
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256, jose.PS256})
	if err != nil {
		return invalid(50027, "JWT token is invalid or malformed.")
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return invalid(50027, "JWT token is invalid or malformed.")
	}
	if !strings.EqualFold(claims.Issuer, client.ID) {
		return s.checkFederated(r.Context(), client, token, claims)
	}
	certificate := signerOf(client, token.Headers[0])
	switch {
	case certificate == nil:
		return invalidClient(700027,
			"The certificate with identifier used to sign the client assertion is not registered on application. "+
				"[Reason - The key was not found.]")
	case s.config.Now().After(certificate.NotAfter) || s.config.Now().Before(certificate.NotBefore):
		return invalidClient(700027,
			"The certificate used to sign the client assertion is not within its validity period. "+
				"[Reason - The key used is expired.]")
	case token.Claims(certificate.PublicKey, new(jwt.Claims)) != nil:
		return invalidClient(700027, "Client assertion failed signature validation.")
	case !strings.EqualFold(claims.Subject, client.ID):
		return invalidClient(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	case !slices.ContainsFunc(s.ownNames(tenant), claims.Audience.Contains):
		return invalidClient(700023, "Client assertion audience claim does not match Realm issuer.")
	}
	return s.checkTimes(claims)
}

// ownNames are the audiences by which clients address this tenant.
func (s *Server) ownNames(tenant string) []string {
	base := s.config.AuthorityHost + "/" + tenant
	return []string{base + "/oauth2/v2.0/token", base + "/oauth2/token", s.config.issuer(tenant, 2),
		s.config.issuer(tenant, 1)}
}

// checkTimes checks that the assertion has not expired, with the leeway of five minutes that Entra
// ID gives.
func (s *Server) checkTimes(claims jwt.Claims) *oauthError {
	const leeway = 5 * time.Minute
	now := s.config.Now()
	ended := claims.Expiry == nil || now.After(claims.Expiry.Time().Add(leeway))
	if ended || claims.NotBefore != nil && now.Before(claims.NotBefore.Time().Add(-leeway)) {
		return invalidClient(700024, "Client assertion is not within its valid time range.")
	}
	return nil
}

// signerOf finds the client's certificate by the thumbprint in a header: x5t, or x5t#S256, which
// MSAL for Go writes in padded base64.
func signerOf(client Client, header jose.Header) *x509.Certificate {
	for _, certificate := range client.Certificates {
		sha1Print, sha256Print := sha1.Sum(certificate.Raw), sha256.Sum256(certificate.Raw)
		for name, want := range map[jose.HeaderKey][]byte{"x5t": sha1Print[:], "x5t#S256": sha256Print[:]} {
			text, _ := header.ExtraHeaders[name].(string)
			text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
			if got, err := base64.RawURLEncoding.DecodeString(text); err == nil &&
				subtle.ConstantTimeCompare(got, want) == 1 {
				return certificate
			}
		}
	}
	return nil
}

// checkFederated verifies the token of another issuer against the client's federated credentials.
func (s *Server) checkFederated(ctx context.Context, client Client, token *jwt.JSONWebToken,
	claims jwt.Claims) *oauthError {
	mismatch := func(aadsts int, what, value string) *oauthError {
		return invalidClient(aadsts,
			fmt.Sprintf("No matching federated identity record found for presented assertion %s '%s'. Check your "+
				"federated identity credential Subject, Audience and Issuer against the presented assertion.", what,
				plain(value)))
	}
	trusted := slices.DeleteFunc(slices.Clone(client.Federated),
		func(f FederatedCredential) bool { return f.Issuer != claims.Issuer })
	if len(trusted) == 0 {
		return mismatch(700211, "issuer", claims.Issuer)
	}
	trusted = slices.DeleteFunc(trusted, func(f FederatedCredential) bool { return f.Subject != claims.Subject })
	if len(trusted) == 0 {
		return mismatch(700213, "subject", claims.Subject)
	}
	if !slices.ContainsFunc(trusted, func(f FederatedCredential) bool {
		return f.Audience == "" && claims.Audience.Contains(tokenExchange) ||
			f.Audience != "" && claims.Audience.Contains(f.Audience)
	}) {
		return mismatch(700212, "audience", strings.Join(claims.Audience, " "))
	}
	keys, err := s.issuerKeys(ctx, claims.Issuer)
	if err != nil {
		return invalid(50166, "Request to External OIDC endpoint failed.")
	}
	found := keys.Key(token.Headers[0].KeyID)
	if len(found) != 1 || token.Headers[0].Algorithm != string(jose.RS256) ||
		token.Claims(found[0].Key, new(jwt.Claims)) != nil {
		return invalid(50013, "Assertion failed signature validation.")
	}
	return s.checkTimes(claims)
}

// issuerKeys fetches the keys of another issuer by OpenID Connect Discovery 1.0, section 4.
func (s *Server) issuerKeys(ctx context.Context, issuer string) (*jose.JSONWebKeySet, error) {
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := s.fetch(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &document); err != nil {
		return nil, err
	}
	if document.Issuer != issuer {
		return nil, errors.New("the document is of another issuer")
	}
	keys := &jose.JSONWebKeySet{}
	return keys, s.fetch(ctx, document.Keys, keys)
}

func (s *Server) fetch(ctx context.Context, address string, into any) error {
	if s.config.FederatedKeys == nil || !strings.HasPrefix(address, "https://") {
		return errors.New("the issuer cannot be asked")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := s.config.FederatedKeys.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the issuer answers %s", response.Status)
	}
	return json.NewDecoder(io.LimitReader(response.Body, maxDocument)).Decode(into)
}
