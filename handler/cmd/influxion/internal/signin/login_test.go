package signin_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity/cache"

	"influxion/handler/cmd/influxion/internal/accesstoken"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/internal/cloudtest"
)

// A person enters the device code. The saved session names the person and contains no token.
func TestDeviceCode(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cloud, err := cloudtest.Start(t.Context(), cloudtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	config := signin.Config{
		TenantID: cloud.TenantID, ClientID: cloud.Client.ID,
		Options: azcore.ClientOptions{Transport: cloud.HTTPClient()},
		Dialog: signin.Dialog{
			Prompt: func(ctx context.Context, message azidentity.DeviceCodeMessage) error {
				_, err := cloudtest.Visitor{Person: cloud.User.Name, Code: message.UserCode}.Visit(ctx,
					message.VerificationURL)
				return err
			},
			Notice: func(text string) { t.Log(text) },
		},
	}
	session, err := signin.Login(t.Context(), config, cloud.Scope)
	if err != nil {
		t.Fatal(err)
	}
	if session.Method != signin.DeviceCode || session.Record == nil || session.Record.Username != cloud.User.Name {
		t.Errorf("got %+v, want the person", session)
	}
	// Without a person to ask, the credential uses the system's cache, in the user's own folder. If
	// the system has no cache, the error says to sign in.
	config.Session, config.Interactive = session, false
	credential, method, err := signin.New(config)
	if err != nil || method != signin.DeviceCode {
		t.Fatalf("got %q (%v)", method, err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{cloud.Scope}})
	if _, absent := cache.New(&cache.Options{Name: "influxion"}); absent == nil && err != nil {
		t.Errorf("got %v where the system keeps tokens, want the person's", err)
	}
	if err != nil {
		if got := signin.Explain(err); got != "the sign-in has expired: run influxion login" {
			t.Errorf("got %q", got)
		}
		return
	}
	if claims, err := accesstoken.Parse(token.Token); err != nil || !claims.Delegated {
		t.Errorf("got %+v (%v), want the person's token", claims, err)
	}
}

// Login checks an app's credential at once.
func TestLoginTries(t *testing.T) {
	t.Parallel()
	cloud, err := cloudtest.Start(t.Context(), cloudtest.Config{Misconfigured: cloudtest.ExpiredSecret})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	session, err := signin.Login(t.Context(),
		signin.Config{TenantID: cloud.TenantID, ClientID: cloud.Client.ID, ClientSecret: cloud.Client.Secret,
			Options: azcore.ClientOptions{Transport: &http.Client{Transport: cloud.HTTPClient().Transport}}},
		cloud.Scope)
	if err == nil {
		t.Fatalf("got %+v by a secret that has expired", session)
	}
	if fault, ok := signin.ErrorOf(err); !ok || fault.Code != "AADSTS7000222" {
		t.Errorf("got %v, want Entra ID's code", err)
	}
}

// Without a person to ask, nobody is asked.
func TestNobodyIsAsked(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cloud, err := cloudtest.Start(t.Context(), cloudtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	t.Setenv("PATH", t.TempDir()) // without a browser
	for _, method := range []signin.Method{signin.DeviceCode, signin.Browser} {
		credential, _, err := signin.New(signin.Config{
			TenantID: cloud.TenantID, ClientID: cloud.Client.ID, Session: &signin.Session{Method: method},
			Options: azcore.ClientOptions{Transport: cloud.HTTPClient()},
			Dialog: signin.Dialog{Prompt: func(context.Context, azidentity.DeviceCodeMessage) error {
				t.Errorf("%s: asked for a code", method)
				return context.Canceled
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{cloud.Scope}})
		if err == nil || signin.Explain(err) != "the sign-in has expired: run influxion login" {
			t.Errorf("%s: got %v, want to be sent to login", method, err)
		}
	}
}
