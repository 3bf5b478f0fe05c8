package signin

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// authenticator is a credential that can ask a person.
type authenticator interface {
	azcore.TokenCredential
	Authenticate(context.Context, *policy.TokenRequestOptions) (azidentity.AuthenticationRecord, error)
}

// personal makes the credential of a person. It uses the record of the last sign-in and, if the
// system has one, the token cache.
func (c Config) personal(method Method, options policy.ClientOptions) (authenticator, error) {
	cache, err := tokenCache()
	if err != nil && c.Notice != nil {
		c.Notice("this system offers no safe place for tokens (" + oneLine(err) +
			"): a sign-in lasts for this command only")
	}
	var record azidentity.AuthenticationRecord
	if s := c.Session; s != nil && s.Record != nil && s.Record.ClientID == c.ClientID {
		record = *s.Record
	}
	if method == Browser {
		return azidentity.NewInteractiveBrowserCredential(
			&azidentity.InteractiveBrowserCredentialOptions{ClientOptions: options,
				AuthenticationRecord: record, Cache: cache, ClientID: c.ClientID, TenantID: c.TenantID,
				DisableAutomaticAuthentication: !c.Interactive, DisableInstanceDiscovery: c.own()})
	}
	return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{ClientOptions: options,
		AuthenticationRecord: record, Cache: cache, ClientID: c.ClientID, TenantID: c.TenantID, UserPrompt: c.Prompt,
		DisableAutomaticAuthentication: !c.Interactive, DisableInstanceDiscovery: c.own()})
}

// Login signs in and returns the session to save. For a personal method it always asks the person,
// even if an earlier sign-in is still valid. For other methods it fetches a token to check that the
// method works.
func Login(ctx context.Context, c Config, scope string) (*Session, error) {
	c.Session, c.Interactive = nil, true
	if c.Method == "" && c.ClientSecret == "" && c.CertificateFile == "" && c.TokenFile == "" {
		c.Method = DeviceCode
	}
	credential, method, err := New(c)
	if err != nil {
		return nil, err
	}
	s := &Session{Method: method, TenantID: c.TenantID, ClientID: c.ClientID, Scope: scope,
		AuthorityHost: c.AuthorityHost}
	request := policy.TokenRequestOptions{Scopes: []string{scope}}
	if person, ok := credential.(authenticator); ok {
		record, err := person.Authenticate(ctx, &request)
		if err != nil {
			return nil, err
		}
		s.Record = &record
		return s, nil
	}
	if _, err := credential.GetToken(ctx, request); err != nil {
		return nil, err
	}
	return s, nil
}

// Explain returns an error of a credential in one line, with the next step.
func Explain(err error) string {
	if _, ok := errors.AsType[*azidentity.AuthenticationRequiredError](err); ok {
		return "the sign-in has expired: run influxion login"
	}
	if _, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		if reason := describe(err); reason != "" {
			return reason
		}
	}
	return oneLine(err)
}

// describe finds the reason in an answer of Entra ID: AADSTS, a number, and a sentence.
func describe(err error) string {
	found, ok := ErrorOf(err)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s: %s", found.Code, found.Text)
}
