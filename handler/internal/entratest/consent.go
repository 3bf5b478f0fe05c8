package entratest

import (
	"slices"
	"sync"
	"time"
)

// consent is what one person has allowed one client at one API.
type consent struct{ user, client, api string }

// consents records what people have allowed, and which sign-ins were revoked. Safe for concurrent
// use.
type consents struct {
	mu      sync.Mutex
	scopes  map[consent][]string
	revoked map[string]time.Time // a user's sign-ins up to this time are invalid
}

func newConsents() *consents {
	return &consents{scopes: map[consent][]string{}, revoked: map[string]time.Time{}}
}

func (c *consents) of(key consent) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.scopes[key])
}

func (c *consents) add(key consent, scopes []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scopes[key] = append(c.scopes[key], scopes...)
}

func (c *consents) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.scopes)
}

// revoke invalidates a user's sign-ins up to a time.
func (c *consents) revoke(user string, upTo time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked[user] = upTo
}

// isRevoked reports whether a sign-in of a user is invalid.
func (c *consents) isRevoked(user string, signedIn time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	upTo, ok := c.revoked[user]
	return ok && !signedIn.After(upTo)
}

// granted lists the scopes that a client may use for a person: by an administrator's consent or by
// the person's own.
func (s *Server) granted(client Client, api API, user User) []string {
	own := s.consents.of(consent{user.ObjectID, client.ID, api.ClientID})
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(client.Scopes[api.ClientID], own))))
}

// consented returns the scopes of the token: all scopes with consent, provided that they include
// the requested ones.
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

// lacking lists the requested scopes without consent. The form /.default asks for all scopes with
// consent. If there are none, it asks for all that the registration wants; here these are all that
// the API exposes.
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
			return nil, invalidScope(650053,
				"The application asked for scope '"+plain(name)+"' that doesn't exist on the resource '"+
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
	s.consents.add(consent{user.ObjectID, client.ID, api.ClientID}, names)
}

// RevokeConsents forgets the consents that people gave on the page. The consents of the
// registrations stay.
func (s *Server) RevokeConsents() { s.consents.clear() }
