package connection

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	// renewalPause is the shortest time between two tokens of a scope that replace refused ones. A
	// service that refuses every token must not become a load on the identity endpoint.
	renewalPause = 30 * time.Second
	// maxRefused is how many refused tokens are remembered, the latest ones.
	maxRefused = 16
	// anyClaims makes the SDK ask for a token in spite of the one in its cache. It claims nothing.
	anyClaims = "{}"
)

// Credential gets access tokens of the identity's own tenant, whatever tenant a vault names: a
// client keeps the tenant that one answer named, so one wrong answer would stop all its later
// requests.
//
// A token that a service refuses is replaced. The SDK would offer it until it expires, which is a
// day for a managed identity: a token that was made by a clock ahead of the service's, or that was
// revoked, would stop the program for that time. Safe for concurrent use.
type Credential struct {
	credential azcore.TokenCredential
	now        func() time.Time

	mu      sync.Mutex
	refused [][sha256.Size]byte  // digests of tokens, the oldest first
	renewed map[string]time.Time // by scope: when a token last replaced a refused one
}

// GetToken gets an access token from the identity.
func (c *Credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	options.TenantID = ""
	token, err := c.credential.GetToken(ctx, options)
	if err != nil || options.Claims != "" || !c.mayReplace(token.Token, strings.Join(options.Scopes, " ")) {
		return token, err
	}
	options.Claims = anyClaims
	another, err := c.credential.GetToken(ctx, options)
	if err != nil {
		return token, nil // a vault now and then refuses a good one (AKV10046)
	}
	return another, nil
}

// mayReplace reports whether a token was refused and may be replaced now. If so, it notes the time.
func (c *Credential) mayReplace(token, scope string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if len(c.refused) == 0 || !slices.Contains(c.refused, sha256.Sum256([]byte(token))) ||
		now.Sub(c.renewed[scope]).Abs() < renewalPause {
		return false
	}
	c.renewed[scope] = now
	return true
}

// note remembers a token that a service refused.
func (c *Credential) note(token string) {
	digest := sha256.Sum256([]byte(token))
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.refused, digest) {
		return
	}
	if len(c.refused) == maxRefused {
		c.refused = slices.Delete(c.refused, 0, 1)
	}
	c.refused = append(c.refused, digest)
}

// Watch is the transport with a look at its answers: it notes the access tokens that a service
// refuses with 401, so that GetToken replaces them.
func (c *Credential) Watch(base http.RoundTripper) http.RoundTripper { return &watch{base, c} }

type watch struct {
	base       http.RoundTripper
	credential *Credential
}

func (w *watch) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.base.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusUnauthorized {
		if token, ok := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer "); ok {
			w.credential.note(token)
		}
	}
	return response, err
}
