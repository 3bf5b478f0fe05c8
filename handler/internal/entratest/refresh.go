package entratest

import "net/http"

// grantRefresh exchanges a refresh token for new tokens. Each refresh token can be used once and is
// replaced (RFC 9700 section 2.2.2). Entra ID keeps the old token valid, but a client that always
// uses the new token works with both.
func (s *Server) grantRefresh(r *http.Request, tenant string) (map[string]any, *oauthError) {
	name := r.PostForm.Get("refresh_token")
	if name == "" {
		return nil, missing("refresh_token")
	}
	given, state := s.issued.refreshTokens.look(name)
	if fault := s.badRefresh(given, state); fault != nil {
		return nil, fault
	}
	demand := forbidden
	if given.confidential {
		demand = required
	}
	client, method, fault := s.authenticateClient(r, tenant, demand)
	if fault != nil {
		return nil, fault
	}
	if home, _ := s.userTenant(tenant); client.ID != given.client || home != given.tenant {
		return nil, invalidGrant(70000,
			"Provided grant is invalid or malformed: it was issued to another client or tenant.")
	}
	answer, fault := s.userTokens(r, client, method, given)
	if fault != nil {
		return nil, fault // the token stays unused: the client may ask for another scope
	}
	if _, state := s.issued.refreshTokens.use(name); state != good {
		return nil, s.badRefresh(given, state)
	}
	if answer["refresh_token"] == nil {
		answer["refresh_token"] = s.issued.refreshTokens.issue(given)
	}
	return answer, nil
}

func (s *Server) badRefresh(given authorization, state ticketState) *oauthError {
	switch {
	case state == expired:
		return invalidGrant(700082, "The refresh token has expired due to inactivity.")
	case state == used:
		return invalidGrant(70000, "Provided grant is invalid or malformed: the refresh token has been used.")
	case state == unknown:
		return invalidGrant(9002313, "Invalid request. Request is malformed or invalid.")
	case s.consents.isRevoked(given.user.ObjectID, given.at):
		return invalidGrant(50173,
			"The provided grant has expired due to it being revoked, a fresh auth token is needed. The user "+
				"might have "+
				"changed or reset their password.")
	}
	return nil
}

// RevokeSessions revokes every refresh token of the person's sign-ins so far.
func (s *Server) RevokeSessions(userObjectID string) { s.consents.revoke(userObjectID, s.config.Now()) }
