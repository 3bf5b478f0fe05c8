package entratest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/entratest"
)

func TestConsent(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	query := request("client_id", strangerID)
	redeemed := func(code string) map[string]any {
		return s.tokens(t, "grant_type", "authorization_code", "client_id", strangerID, "code", code, "redirect_uri",
			"http://localhost:1234",
			"code_verifier", verifier, "scope", scope)
	}
	asks := func(query url.Values, user string) answer {
		t.Helper()
		page := s.press(t, s.authorize(t, query), "/signin", "user", user)
		if !strings.Contains(page.text, "Permissions requested") {
			t.Fatalf("got %d %s, want to be asked", page.StatusCode, page.text)
		}
		return page
	}
	page := asks(query, userID)
	if !strings.Contains(page.text, apiID+"/access_as_user") || strings.Contains(page.text, apiID+"/other") {
		t.Errorf("got %s, want the one scope named", page.text)
	}
	declined := back(t, s.press(t, page, "/consent", "decision", "cancel"))
	if declined.Get("error") != "access_denied" ||
		!strings.HasPrefix(declined.Get("error_description"), "AADSTS65004") || declined.Has("code") {
		t.Errorf("got %v, want access_denied", declined)
	}
	if got := back(t,
		s.press(t, s.authorize(t, query), "/signin", "decision", "cancel")); got.Get("error") != "access_denied" {
		t.Errorf("got %v, want access_denied", got)
	}
	// A request that skips the choice of a person on the way to the consent gets nothing.
	if got := back(t, s.press(t, s.authorize(t, query), "/consent", "decision", "accept")); got.Has("code") {
		t.Errorf("got %v without a person, want no code", got)
	}
	accepted := back(t, s.press(t, asks(query, userID), "/consent", "decision", "accept"))
	if claims := claimsOf(t, redeemed(accepted.Get("code"))["access_token"]); claims["scp"] != "access_as_user" {
		t.Errorf("got scp %v", claims["scp"])
	}
	again := back(t, s.press(t, s.authorize(t, query), "/signin", "user", userID))
	if again.Get("code") == "" {
		t.Error("was asked again, want the consent remembered")
	}
	asks(query, objectID) // another person
	more := request("client_id", strangerID, "scope", apiURI+"/other offline_access")
	page = asks(more, userID)
	if !strings.Contains(page.text, apiID+"/other") || strings.Contains(page.text, apiID+"/access_as_user") {
		t.Errorf("got %s, want what is new named alone", page.text)
	}
	asks(request("client_id", strangerID, "prompt", "consent"), userID)
	wantFault(t, "a scope beyond the consent",
		s.tokens(t, "grant_type", "authorization_code", "client_id", strangerID, "code",
			back(t, s.press(t, s.authorize(t, query), "/signin", "user", userID)).Get("code"),
			"redirect_uri", "http://localhost:1234", "code_verifier", verifier, "scope", apiURI+"/other"),
		"invalid_grant", "AADSTS65001")
	unknown := back(t, s.press(t, s.authorize(t, request("scope", apiURI+"/unknown")), "/signin", "user", userID))
	if unknown.Get("error") != "invalid_scope" || !strings.HasPrefix(unknown.Get("error_description"), "AADSTS650053") {
		t.Errorf("got %v, want AADSTS650053", unknown)
	}
	s.RevokeConsents()
	asks(query, userID)
	if got := s.press(t, s.authorize(t, query), "/signin", "user", apiID); got.StatusCode != http.StatusBadRequest ||
		!strings.Contains(got.text, "AADSTS50034") {
		t.Errorf("got %d %s for an unknown person", got.StatusCode, got.text)
	}
}

func TestConsentByAdministratorsAlone(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, func(c *entratest.Config) { c.NoUserConsent = true })
	query := request("client_id", strangerID)
	page := s.press(t, s.authorize(t, query), "/signin", "user", userID)
	if !strings.Contains(page.text, "AADSTS90094") || strings.Contains(page.text, "Accept") {
		t.Errorf("got %s, want no way to accept", page.text)
	}
	if got := back(t, s.press(t, page, "/consent", "decision", "accept")); got.Get("error") != "access_denied" {
		t.Errorf("got %v for an invented button, want access_denied", got)
	}
	if got := s.code(t, request()); got == "" {
		t.Error("got no code for a client that has consent")
	}
}

func TestRefreshTokens(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	first := func() string { return s.tokens(t, redeem(s.code(t, request()))...)["refresh_token"].(string) }
	refresh := func(token string, pairs ...string) map[string]any {
		return s.tokens(t,
			append([]string{"grant_type", "refresh_token", "client_id", bothID, "refresh_token", token}, pairs...)...)
	}
	token := first()
	got := refresh(token)
	next, _ := got["refresh_token"].(string)
	if claimsOf(t, got["access_token"])["oid"] != userID || next == "" || next == token {
		t.Fatalf("got %v, want tokens and another refresh token", got)
	}
	wantFault(t, "twice", refresh(token), "invalid_grant", "AADSTS70000")
	// A request that cannot be granted does not use up the token, and a scope without
	// offline_access does not end the sign-in.
	wantFault(t, "no consent", refresh(next, "scope", apiURI+"/other"), "invalid_grant", "AADSTS65001")
	if got = refresh(next, "scope", apiURI+"/access_as_user"); got["refresh_token"] == nil {
		t.Fatalf("got %v, want a refresh token", got)
	}
	wantFault(t, "none", refresh(""), "invalid_request", "AADSTS900144")
	wantFault(t, "unknown", refresh("1.x"), "invalid_grant", "AADSTS9002313")
	token = first()
	wantFault(t, "other client", s.tokens(t, "grant_type", "refresh_token", "client_id", strangerID, "refresh_token",
		token), "invalid_grant", "AADSTS70000")
	wantFault(t, "other tenant", s.tokensOf(t, userID, "grant_type", "refresh_token", "client_id", bothID,
		"refresh_token", token), "invalid_grant", "AADSTS70000")
	wantFault(t, "with a secret", refresh(token, "client_secret", "client secret"), "invalid_client", "AADSTS700025")
	s.RevokeSessions(objectID)
	if refresh(token)["access_token"] == nil {
		t.Error("got no token after another person's sessions were revoked")
	}
	token = first()
	s.RevokeSessions(userID)
	wantFault(t, "revoked", refresh(token), "invalid_grant", "AADSTS50173")
	s.clock.Advance(time.Second)
	token = first()
	if token = refresh(token)["refresh_token"].(string); token == "" {
		t.Error("got no token from a sign-in after the revocation")
	}
	s.clock.Advance(90 * 24 * time.Hour)
	wantFault(t, "late", refresh(token), "invalid_grant", "AADSTS700082")
}

func TestPagesElsewhere(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	s.ServePages("http://127.0.0.1:1/")
	document := s.do(t, "GET", "https://"+host+"/"+tenantID+"/v2.0/.well-known/openid-configuration", nil)
	var metadata map[string]any
	if err := json.Unmarshal([]byte(document.text), &metadata); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"authorization_endpoint":        "http://127.0.0.1:1/" + tenantID + "/oauth2/v2.0/authorize",
		"token_endpoint":                "https://" + host + "/" + tenantID + "/oauth2/v2.0/token",
		"device_authorization_endpoint": "https://" + host + "/" + tenantID + "/oauth2/v2.0/devicecode",
	} {
		if metadata[name] != want {
			t.Errorf("got %s %v, want %s", name, metadata[name], want)
		}
	}
}
