package entratest

import "slices"

// consent is what one person has allowed one client at one API.
type consent struct{ user, client, api string }

// granted lists the scopes that a client may use for a person: by an administrator's consent or by
// the person's own.
func (s *Server) granted(client Client, api API, user User) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.consents[consent{user.ObjectID, client.ID, api.ClientID}]
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(client.Scopes[api.ClientID], own))))
}

// consented gives the scopes that go into the token: all consented ones, if those asked for are
// among them.
func (s *Server) consented(client Client, api API, user User, names []string) ([]string, *oauthError) {
	granted := s.granted(client, api, user)
	lacking, fault := lacking(api, granted, names)
	if fault != nil {
		return nil, fault
	}
	if len(lacking) > 0 {
		return nil, notConsented(client)
	}
	return granted, nil
}

// lacking lists the scopes asked for to which nobody has consented yet. The form /.default asks for
// whatever there is consent to, and for all that the registration wants only where there is none:
// here, all that the API exposes.
func lacking(api API, granted, names []string) ([]string, *oauthError) {
	if slices.Contains(names, ".default") {
		if len(granted) > 0 {
			return nil, nil
		}
		names = api.Scopes
		if len(names) == 0 {
			return []string{".default"}, nil
		}
	}
	var lacking []string
	for _, name := range names {
		if !slices.Contains(api.Scopes, name) {
			return nil, invalidScope(650053, "The application asked for scope '"+plain(name)+"' that doesn't exist on the resource '"+
				api.ClientID+"'. Contact the app vendor.")
		}
		if !slices.Contains(granted, name) {
			lacking = append(lacking, name)
		}
	}
	return lacking, nil
}

// allow records a person's consent.
func (s *Server) allow(client Client, api API, user User, names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := consent{user.ObjectID, client.ID, api.ClientID}
	s.consents[key] = append(s.consents[key], names...)
}

// RevokeConsents forgets what people have consented to on the page; what the registrations say
// stays.
func (s *Server) RevokeConsents() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.consents)
}
