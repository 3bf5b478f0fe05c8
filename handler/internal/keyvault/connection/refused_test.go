package connection

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/clocktest"
)

// cached is a credential with a cache, as those of the SDK: it makes a new token only for claims.
type cached struct {
	made int
	down bool
}

func (c *cached) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if options.Claims != "" && c.down {
		return azcore.AccessToken{}, errors.New("down")
	}
	if options.Claims != "" || c.made == 0 {
		c.made++
	}
	return azcore.AccessToken{Token: fmt.Sprint(options.Scopes[0], "-", c.made)}, nil
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	clock := clocktest.New(time.Now())
	sdk := &cached{}
	c := &Credential{credential: sdk, now: clock.Now, renewed: map[string]time.Time{}}
	status := http.StatusUnauthorized
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	service := &http.Client{Transport: c.Watch(http.DefaultTransport)}
	send := func(token string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := service.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	want := func(when, scope, token string) {
		t.Helper()
		got, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil || got.Token != token {
			t.Errorf("%s: got %q and %v, want %q", when, got.Token, err, token)
		}
	}
	want("at first", "vault", "vault-1")
	send("")
	send("another")
	want("after requests without it", "vault", "vault-1")
	status = http.StatusForbidden
	send("vault-1")
	want("after 403", "vault", "vault-1")
	status = http.StatusUnauthorized
	send("vault-1")
	sdk.down = true
	want("while the identity fails", "vault", "vault-1")
	sdk.down = false
	want("soon after", "vault", "vault-1")
	clock.Advance(renewalPause)
	want("later", "vault", "vault-2")
	want("again", "vault", "vault-2")
	send("vault-2")
	want("soon refused too", "vault", "vault-2")
	send("store-2")
	want("of another scope", "store", "store-3")
	clock.Advance(renewalPause)
	send("vault-3")
	want("of its own scope later", "vault", "vault-4")
	for n := range 2 * maxRefused {
		send(fmt.Sprint(n))
	}
	if len(c.refused) != maxRefused {
		t.Errorf("got %d remembered tokens, want %d", len(c.refused), maxRefused)
	}
}
