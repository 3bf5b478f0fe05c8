package entratest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
)

// authCode is the authorization behind an authorization code.
type authCode struct {
	given     authorization
	redirect  string
	challenge string
	platform  platform
}

// grantCode redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
func (s *Server) grantCode(r *http.Request, tenant string) (map[string]any, *oauthError) {
	name := r.PostForm.Get("code")
	if name == "" {
		return nil, missing("code")
	}
	code, state := s.issued.codes.look(name)
	if state != good {
		return nil, badCode(state)
	}
	demand := forbidden
	if code.given.confidential {
		demand = required
	}
	client, method, fault := s.authenticateClient(r, tenant, demand)
	if fault != nil {
		return nil, fault
	}
	verifier := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(verifier[:])
	home, _ := s.userTenant(tenant)
	switch {
	case code.platform == singlePage && r.Header.Get("Origin") == "":
		return nil, invalid(9002327, "Tokens issued for the 'Single-Page Application' client-type may only be "+
			"redeemed via cross-origin requests.")
	case code.platform != singlePage && r.Header.Get("Origin") != "":
		return nil, invalid(9002326, "Cross-origin token redemption is permitted only for the "+
			"'Single-Page Application' client-type. Request origin: '"+plain(r.Header.Get("Origin"))+"'.")
	case client.ID != code.given.client:
		return nil, invalidGrant(70000, "Provided grant is invalid or malformed: it was issued to another client.")
	case home != code.given.tenant:
		return nil, invalidGrant(700005,
			"Provided Authorization Code is intended to use against other tenant, thus rejected.")
	case r.PostForm.Get("redirect_uri") != code.redirect:
		return nil, invalidGrant(500112,
			"The reply address '"+plain(r.PostForm.Get("redirect_uri"))+"' does not match the reply address '"+
				code.redirect+"' provided when requesting Authorization code.")
	case code.challenge != "" && subtle.ConstantTimeCompare([]byte(challenge), []byte(code.challenge)) != 1:
		return nil, invalidGrant(501481,
			"The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	if _, state := s.issued.codes.use(name); state != good {
		return nil, badCode(state)
	}
	return s.userTokens(r, client, method, code.given)
}

func badCode(state ticketState) *oauthError {
	switch state {
	case used:
		return invalidGrant(54005,
			"OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "+
				"refresh token.")
	case expired:
		return invalidGrant(70008,
			"The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "+
				"authorization request for this user and resource.")
	}
	return invalidGrant(9002313, "Invalid request. Request is malformed or invalid.")
}
