package entratest

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Identity is the App Service endpoint of managed identities (IDENTITY_ENDPOINT). It uses plain
// HTTP over loopback, as in Azure. The host gives the secret to the app as IDENTITY_HEADER.
func (s *Server) Identity(secret string) http.Handler {
	return s.IdentityOf(secret, s.config.Identities...)
}

// IdentityOf is Identity for an app with these identities.
func (s *Server) IdentityOf(secret string, identities ...Identity) http.Handler {
	return s.orders.counted(ManagedIdentity, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			identityFault(w, http.StatusMethodNotAllowed, "method not allowed")
			return
		}
		if secret == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("X-IDENTITY-HEADER")), []byte(secret)) != 1 {
			identityFault(w, http.StatusUnauthorized, "missing or wrong X-IDENTITY-HEADER")
			return
		}
		query := r.URL.Query()
		if query.Get("api-version") != "2019-08-01" {
			identityFault(w, http.StatusBadRequest, "unsupported api-version")
			return
		}
		resource := query.Get("resource")
		api, ok := s.config.api(resource)
		if !ok {
			identityFault(w, http.StatusBadRequest, "AADSTS500011: the resource principal was not found")
			return
		}
		identity, ok := identityOf(identities, query.Get("client_id"))
		if !ok {
			identityFault(w, http.StatusBadRequest, "no managed identity found for the client ID")
			return
		}
		caller := Caller{ClientID: identity.ClientID, ObjectID: identity.ObjectID, Roles: identity.Roles[api.ClientID]}
		claims := s.AppClaims(s.config.TenantID, api.TokenVersion, audience(api, resource), caller)
		writeJSON(w, http.StatusOK, map[string]any{
			"access_token": s.Mint(nil, withMethod(claims, byCertificate)), // a managed identity signs in with one
			"expires_on": strconv.FormatInt(s.config.Now().Add(s.config.TokenLifetime).Truncate(time.Second).Unix(),
				10),
			"resource":   resource,
			"token_type": "Bearer",
			"client_id":  identity.ClientID,
		})
	})
}

func identityOf(identities []Identity, clientID string) (Identity, bool) {
	i := slices.IndexFunc(identities, func(identity Identity) bool {
		if clientID == "" {
			return identity.SystemAssigned
		}
		return strings.EqualFold(identity.ClientID, clientID)
	})
	if i < 0 {
		return Identity{}, false
	}
	return identities[i], true
}

func identityFault(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"statusCode": status, "message": message})
}
