package entra

import "crypto/sha256"

// Remembers tells whether the token would be accepted without being verified again.
func (a *Authenticator) Remembers(accessToken string) bool {
	_, ok := a.verified.find(sha256.Sum256([]byte(accessToken)), a.config.Now())
	return ok
}

// Remembered is the number of tokens that the cache holds.
func (a *Authenticator) Remembered() int {
	a.verified.mu.Lock()
	defer a.verified.mu.Unlock()
	return len(a.verified.entries)
}

// Forget empties the cache of verified tokens.
func (a *Authenticator) Forget() {
	a.verified.mu.Lock()
	defer a.verified.mu.Unlock()
	a.verified.forget()
}
