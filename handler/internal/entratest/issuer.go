package entratest

import (
	"maps"
	"net/http"
	"time"
)

// Issuer is another issuer of tokens, such as a Kubernetes cluster: its tokens are the assertions
// of workload identities. Serve it over TLS under the name in its URL. Safe for concurrent use.
type Issuer struct {
	URL string // iss

	key *signingKey
	mux *http.ServeMux
	now func() time.Time
}

// NewIssuer makes an issuer with a fresh key. A nil clock is time.Now.
func NewIssuer(url string, now func() time.Time) (*Issuer, error) {
	if now == nil {
		now = time.Now
	}
	key, err := newSigningKey(2048, now())
	if err != nil {
		return nil, err
	}
	i := &Issuer{URL: url, key: key, mux: http.NewServeMux(), now: now}
	i.mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": url, "jwks_uri": url + "/openid/v1/jwks", "response_types_supported": []string{"id_token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	i.mux.HandleFunc("GET /openid/v1/jwks", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"keys": []JWK{key.jwk}})
	})
	return i, nil
}

// ServeHTTP answers with the issuer's documents.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.mux.ServeHTTP(w, r) }

// Token returns a token about the subject that is valid for one hour. changes replaces claims; a
// nil value removes its claim.
func (i *Issuer) Token(subject, audience string, changes map[string]any) string {
	now := i.now()
	claims := map[string]any{
		"iss": i.URL, "sub": subject, "aud": []string{audience}, "iat": now.Unix(), "nbf": now.Unix(),
		"exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return i.key.mint(encode(map[string]any{"alg": "RS256", "kid": i.key.jwk.KeyID}), encode(claims))
}
