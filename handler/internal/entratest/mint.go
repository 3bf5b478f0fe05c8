package entratest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Caller is the subject of a token. A token leaves out empty fields, as Entra ID does.
type Caller struct {
	ClientID string
	ObjectID string   // the user, or the client's service principal
	Name     string   // user principal name
	Scopes   []string // delegated tokens
	Roles    []string
}

// Header returns the header of a token signed now. The caller may change the copy and pass it to
// Mint.
func (s *Server) Header() map[string]any {
	key := s.keys.signs()
	return map[string]any{"typ": "JWT", "alg": "RS256", "x5t": key.jwk.Thumbprint, "kid": key.jwk.KeyID}
}

// DelegatedClaims returns the claims of a user's access token of that version. The caller may
// change the copy and pass it to Mint.
func (s *Server) DelegatedClaims(tenant string, version int, audience string, caller Caller) map[string]any {
	claims := s.commonClaims(tenant, version, audience, caller)
	subject := sha256.Sum256([]byte(caller.ObjectID + audience))
	claims["sub"] = base64.RawURLEncoding.EncodeToString(subject[:])
	claims["scp"] = strings.Join(caller.Scopes, " ")
	if caller.Name != "" {
		claims[map[int]string{1: "upn", 2: "preferred_username"}[version]] = caller.Name
	}
	return claims
}

// AppClaims returns the claims of an app-only access token of that version.
func (s *Server) AppClaims(tenant string, version int, audience string, caller Caller) map[string]any {
	claims := s.commonClaims(tenant, version, audience, caller)
	claims["sub"] = caller.ObjectID
	claims[map[int]string{1: "appidacr", 2: "azpacr"}[version]] = "1"
	return claims
}

// IDTokenClaims returns the claims of an ID token of that version for the application. An ID token
// is not an access token, although it has the same issuer and keys and, for the application's own
// API, the same audience.
func (s *Server) IDTokenClaims(tenant string, version int, application string, user Caller) map[string]any {
	claims := s.commonClaims(tenant, version, application, user)
	for _, name := range []string{"azp", "appid", "azpacr", "appidacr"} {
		delete(claims, name)
	}
	subject := sha256.Sum256([]byte(user.ObjectID + application))
	claims["sub"] = base64.RawURLEncoding.EncodeToString(subject[:])
	claims["nonce"] = rand.Text()
	claims["name"] = user.Name
	return claims
}

func (s *Server) commonClaims(tenant string, version int, audience string, caller Caller) map[string]any {
	now := s.config.Now()
	claims := map[string]any{
		"aud": audience,
		"iss": s.config.issuer(tenant, version),
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Add(s.config.TokenLifetime).Unix(),
		"aio": "AXQAi/" + rand.Text() + rand.Text(),
		"oid": caller.ObjectID,
		"rh":  "1." + rand.Text() + ".",
		"tid": tenant,
		"uti": rand.Text(),
		"ver": fmt.Sprintf("%d.0", version),
	}
	if version == 2 {
		claims["azp"], claims["azpacr"] = caller.ClientID, "0"
	} else {
		claims["appid"], claims["appidacr"] = caller.ClientID, "0"
		claims["idp"] = s.config.issuer(tenant, 1)
	}
	if len(caller.Roles) > 0 {
		claims["roles"] = slices.Clone(caller.Roles)
	}
	return claims
}

// Mint signs any header (nil = the usual one) and claims with the current key. It always uses
// RS256, even if the header names another algorithm.
func (s *Server) Mint(header, claims map[string]any) string {
	if header == nil {
		header = s.Header()
	}
	return s.MintRaw(encode(header), encode(claims))
}

// MintRaw is Mint for texts that no JSON encoder would produce.
func (s *Server) MintRaw(header, payload []byte) string {
	return s.keys.signs().mint(header, payload)
}

// Sign returns the RS256 signature of a text with the current key.
func (s *Server) Sign(text string) []byte {
	return s.keys.signs().sign(text)
}

func encode(object map[string]any) []byte {
	text, err := json.Marshal(maps.Clone(object))
	if err != nil {
		panic("internal error: encode token: " + err.Error())
	}
	return text
}

// Check checks that a token is an access token of this server for the audience. The resources of
// the local cloud call it.
func (s *Server) Check(token, audience string) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return errors.New("token: not a signed token")
	}
	payload, err := s.verify(signed)
	if err != nil {
		return err
	}
	var claims struct {
		Issuer    string `json:"iss"`
		Audience  string `json:"aud"`
		TenantID  string `json:"tid"`
		NotBefore int64  `json:"nbf"`
		Expiry    int64  `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return errors.New("token: claims of a wrong type")
	}
	now := s.config.Now().Unix()
	switch {
	case strings.TrimSuffix(claims.Audience, "/") != strings.TrimSuffix(audience, "/"):
		return errors.New("token: another audience")
	case !slices.Contains(s.config.tenants(), claims.TenantID):
		return errors.New("token: another tenant")
	case claims.Issuer != s.config.issuer(claims.TenantID, 1) && claims.Issuer != s.config.issuer(claims.TenantID, 2):
		return errors.New("token: another issuer")
	case now < claims.NotBefore:
		return errors.New("token: not valid yet")
	case now >= claims.Expiry:
		return errors.New("token: expired")
	}
	return nil
}

func (s *Server) verify(signed *jose.JSONWebSignature) ([]byte, error) {
	for _, key := range s.keys.all() {
		if key.jwk.KeyID != signed.Signatures[0].Header.KeyID {
			continue
		}
		payload, err := signed.Verify(&key.private.PublicKey)
		if err != nil {
			return nil, errors.New("token: wrong signature")
		}
		return payload, nil
	}
	return nil, errors.New("token: unknown key")
}
