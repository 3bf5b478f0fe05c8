package entratest_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/internal/entratest"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

func (s signInServer) device(t *testing.T, client string) (userCode, deviceCode string) {
	t.Helper()
	got := s.do(t, "POST", "https://"+host+"/"+tenantID+"/oauth2/v2.0/devicecode", form("client_id", client, "scope", scope))
	var document struct {
		UserCode   string `json:"user_code"`
		DeviceCode string `json:"device_code"`
		Page       string `json:"verification_uri"`
		Message    string `json:"message"`
		Expires    int    `json:"expires_in"`
		Interval   int    `json:"interval"`
	}
	if err := json.Unmarshal([]byte(got.text), &document); err != nil {
		t.Fatal(err)
	}
	if document.Page != "https://"+host+"/devicelogin" || document.Expires != 900 || document.Interval != 5 || len(document.UserCode) != 9 ||
		!strings.Contains(document.Message, document.Page) || !strings.Contains(document.Message, document.UserCode) {
		t.Fatalf("got %s", got.text)
	}
	return document.UserCode, document.DeviceCode
}

func (s signInServer) enter(t *testing.T, userCode string) answer {
	t.Helper()
	return s.do(t, "POST", "https://"+host+"/devicelogin", form("code", userCode))
}

func (s signInServer) poll(t *testing.T, deviceCode string) map[string]any {
	t.Helper()
	return s.tokens(t, "grant_type", deviceGrant, "client_id", bothID, "device_code", deviceCode)
}

func TestDeviceSignIn(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	userCode, deviceCode := s.device(t, bothID)
	if page := s.do(t, "GET", "https://"+host+"/devicelogin", nil); !strings.Contains(page.text, `name="code"`) {
		t.Errorf("got %s, want a page for the code", page.text)
	}
	wantFault(t, "at first", s.poll(t, deviceCode), "authorization_pending", "AADSTS70016")
	wantFault(t, "too soon", s.poll(t, deviceCode), "slow_down", "AADSTS70016")
	s.clock.Advance(5 * time.Second)
	wantFault(t, "in time", s.poll(t, deviceCode), "authorization_pending", "AADSTS70016")
	if page := s.enter(t, "BBBBBBBBB"); !strings.Contains(page.text, "wrong or has expired") || flowField.MatchString(page.text) {
		t.Errorf("got %s for a wrong code", page.text)
	}
	page := s.enter(t, " "+strings.ToLower(userCode[:4])+"-"+userCode[4:])
	if done := s.press(t, page, "/signin", "user", userID); !strings.Contains(done.text, "You have signed in") {
		t.Errorf("got %s, want the end", done.text)
	}
	if page := s.enter(t, userCode); flowField.MatchString(page.text) {
		t.Errorf("got %s for a code that has been used", page.text)
	}
	wantFault(t, "other client", s.tokens(t, "grant_type", deviceGrant, "client_id", strangerID, "device_code", deviceCode), "bad_verification_code", "AADSTS70019")
	got := s.poll(t, deviceCode)
	if claims := claimsOf(t, got["access_token"]); claims["oid"] != userID || claims["azp"] != bothID || got["refresh_token"] == nil || got["id_token"] == nil {
		t.Errorf("got %v, want the user's tokens", got)
	}
	wantFault(t, "twice", s.poll(t, deviceCode), "invalid_grant", "AADSTS54005")
}

func TestDeviceSignInsThatEndOtherwise(t *testing.T) {
	t.Parallel()
	s := newSignInServer(t, nil)
	userCode, deviceCode := s.device(t, bothID)
	s.press(t, s.enter(t, userCode), "/signin", "decision", "cancel")
	wantFault(t, "declined", s.poll(t, deviceCode), "authorization_declined", "AADSTS65004")
	if page := s.enter(t, userCode); flowField.MatchString(page.text) {
		t.Errorf("got %s for a code that was declined", page.text)
	}

	userCode, deviceCode = s.device(t, bothID)
	page := s.enter(t, userCode)
	s.clock.Advance(15 * time.Minute)
	wantFault(t, "late", s.poll(t, deviceCode), "expired_token", "AADSTS70020")
	if page := s.enter(t, userCode); flowField.MatchString(page.text) {
		t.Errorf("got %s for a code that has expired", page.text)
	}
	s.press(t, page, "/signin", "user", userID)
	wantFault(t, "signed in too late", s.poll(t, deviceCode), "expired_token", "AADSTS70020")

	wantFault(t, "unknown", s.poll(t, "x"), "bad_verification_code", "AADSTS70019")
	wantFault(t, "none", s.poll(t, ""), "invalid_request", "AADSTS900144")
	wantFault(t, "confidential", s.tokens(t, "grant_type", deviceGrant, "client_id", clientID, "device_code", deviceCode), "invalid_client", "AADSTS7000218")
	for name, test := range map[string]struct {
		tenant, want string
		form         url.Values
	}{
		"no client":      {tenantID, "AADSTS900144", form("scope", scope)},
		"client unknown": {tenantID, "AADSTS700016", form("scope", scope, "client_id", publicID)},
		"confidential":   {tenantID, "AADSTS7000218", form("scope", scope, "client_id", clientID)},
		"no scope":       {tenantID, "AADSTS900144", form("client_id", bothID)},
		"tenant unknown": {objectID, "AADSTS90002", form("client_id", bothID, "scope", scope)},
		"one tenant":     {"organizations", "AADSTS50194", form("client_id", bothID, "scope", scope)},
		"twice":          {tenantID, "AADSTS9000411", form("client_id", bothID, "scope", scope, "scope", scope)},
	} {
		got := s.do(t, "POST", "https://"+host+"/"+test.tenant+"/oauth2/v2.0/devicecode", test.form)
		if !strings.Contains(got.text, test.want+": ") || strings.Contains(got.text, `"device_code"`) {
			t.Errorf("%s: got %s, want %s", name, got.text, test.want)
		}
	}
	for _, path := range []string{"devicecode", "token"} {
		if got := s.do(t, "GET", "https://"+host+"/"+tenantID+"/oauth2/v2.0/"+path, nil); !strings.Contains(got.text, "AADSTS900561") {
			t.Errorf("GET %s: got %s", path, got.text)
		}
	}
	if got := s.do(t, "POST", "https://"+host+"/organizations/oauth2/v2.0/devicecode", form("client_id", strangerID, "scope", scope)); !strings.Contains(got.text, "device_code") {
		t.Errorf("got %s, want a code for a multi-tenant client", got.text)
	}
}

// The real credential signs in once, then lives on its refresh token: access tokens of a minute are
// too short for MSAL to keep.
func TestDeviceCodeCredentialRefreshes(t *testing.T) {
	t.Parallel()
	server, err := entratest.New(entratest.Config{
		TenantID: tenantID, TokenLifetime: time.Minute,
		APIs:    []entratest.API{{ClientID: apiID, ApplicationURIs: []string{apiURI}, Scopes: []string{"access_as_user"}, TokenVersion: 2}},
		Clients: []entratest.Client{{ID: publicID, Name: "Public", Scopes: map[string][]string{apiID: {"access_as_user"}}}},
		Users:   []entratest.User{{ObjectID: userID, Name: "user@example.org"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, signIns := signInServer{Server: server}, 0
	credential, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: azcore.ClientOptions{Transport: serve(t, server)}, TenantID: tenantID, ClientID: publicID,
		UserPrompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
			signIns++
			s.press(t, s.enter(t, message.UserCode), "/signin", "user", userID)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		token, err := credential.GetToken(t.Context(), tokenRequest(apiURI+"/.default"))
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Check(token.Token, apiID); err != nil {
			t.Error(err)
		}
	}
	if signIns != 1 || server.Requests(entratest.Token) != 3 || server.Requests(entratest.InstanceDiscovery) == 0 {
		t.Errorf("got %d sign-ins, %d token requests and %d instance discoveries, want 1, 3 and some",
			signIns, server.Requests(entratest.Token), server.Requests(entratest.InstanceDiscovery))
	}
	server.RevokeSessions(userID)
	if _, err := credential.GetToken(t.Context(), tokenRequest(apiURI+"/.default")); err == nil && signIns != 2 {
		t.Errorf("got a token from %d sign-ins, want another one after a revocation", signIns)
	}
}
