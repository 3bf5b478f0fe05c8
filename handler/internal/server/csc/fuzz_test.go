package csc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// certificates is a source that has one certificate under every name.
type certificates struct{ certificate *signing.Certificate }

func (c certificates) Certificate(_ context.Context, name, _ string) (*signing.Certificate, error) {
	found := *c.certificate
	found.Name = name
	return &found, nil
}

func (c certificates) Names(context.Context) ([]string, error) { return []string{"seal"}, nil }

func newService(t pkitest.T) *Service {
	chain, key := pkitest.Signer(t)
	return &Service{
		Hashes: &signing.HashSigner{Policy: signing.Policy{HomeTenant: "home"},
			Source: certificates{&signing.Certificate{Version: "1", Chain: chain, Key: key}}},
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	}
}

func newCall(body string) Call {
	return Call{Version: "v1", AccessToken: "token", Body: []byte(body), Record: &signing.Record{},
		Principal: signing.Principal{TenantID: "home", Roles: []string{"hash.seal"}}}
}

// methods are the methods of the API.
func methods() []func(*Service, context.Context, Call) (any, error) {
	return []func(*Service, context.Context, Call) (any, error){
		(*Service).Info, (*Service).CredentialsList, (*Service).CredentialInfo, (*Service).Authorize,
		(*Service).SignHash, (*Service).Timestamp,
	}
}

// FuzzBody sends any body to every method. Each gives an answer, or an error that blames the
// request. Only hashes that credentials/authorize has allowed are signed.
func FuzzBody(f *testing.F) {
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32))
	seeds := []string{
		"", " ", "{}", "[]", "null", `{"credentialID":"seal"}{}`, `{"credentialID":"seal","credentialID":"seal"}`,
		`{"credentialID":"seal","certificates":"chain","certInfo":true,"lang":"en"}`,
		`{"credentialInfo":true,"maxResults":1,"pageToken":"a"}`,
		`{"credentialID":"seal","numSignatures":1,"hash":["` + hash + `"]}`,
		`{"credentialID":"seal","numSignatures":1e0,"hashes":["` + hash + `"],"hash":null}`,
		`{"credentialID":"seal","SAD":"AAAAAAAA","hash":["` + hash + `"],"hashAlgo":"2.16.840.1.101.3.4.2.1",` +
			`"signAlgo":"1.2.840.10045.4.3.2"}`,
		`{"credentialID":"seal","SAD":"a","hashes":["` + hash + `"],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1",` +
			`"signAlgo":"1.2.840.113549.1.1.10","signAlgoParams":"MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDAN` +
			`BglghkgBZQMEAgEFAKIDAgEg","operationMode":"S"}`,
		`{"hash":"` + hash + `","hashAlgo":"2.16.840.1.101.3.4.2.1","nonce":"1"}`,
		`{"hash":"` + hash + `","hashAlgo":"2.16.840.1.101.3.4.2.1"}`,
		`{"a":` + strings.Repeat("[", 20000), "\xff{}",
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	service := newService(f)
	f.Fuzz(func(t *testing.T, body string) {
		for _, method := range methods() {
			call := newCall(body)
			answer, err := method(service, t.Context(), call)
			if err != nil {
				fault, ok := errors.AsType[*signing.Error](err)
				if !ok || fault.Kind != signing.InvalidRequest && fault.Code != "timestamp_not_offered" {
					t.Fatalf("got %v for %q, want a fault of the request", err, body)
				}
				continue
			}
			if _, signed := answer.(signatures); signed {
				t.Fatalf("got a signature for %q, whose SAD nobody has decoded", body)
			}
			if authorized, ok := answer.(authorization); ok {
				checkAuthorized(t, service, body, authorized)
			}
			if _, err := json.Marshal(answer); err != nil {
				t.Fatalf("got an answer that is no JSON: %v", err)
			}
		}
	})
}

// checkAuthorized checks that only the caller's own key opens the SAD.
func checkAuthorized(t *testing.T, s *Service, text string, authorized authorization) {
	t.Helper()
	b, err := readBody([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := b.hashes()
	if err != nil {
		t.Fatal(err)
	}
	name, err := b.text("credentialID")
	if err != nil {
		t.Fatal(err)
	}
	call := newCall(text)
	for _, token := range []string{"token", "other"} {
		key, err := authenticationKey(token, call.Principal, name)
		if err != nil {
			t.Fatal(err)
		}
		agreed, err := openSAD(authorized.SAD, key)
		if err == nil {
			err = agreed.allows(hashes, s.Now())
		}
		if (err == nil) != (token == "token") {
			t.Fatalf("got %v with the token %s", err, token)
		}
	}
}

// FuzzSAD opens any text. Only an SAD that was made with the key opens, and its content is
// unchanged.
func FuzzSAD(f *testing.F) {
	key := make([]byte, 32)
	good := activation{until: time.Unix(1_800_000_000, 0), tags: [][]byte{tag([]byte("hash"))}}.encode(key)
	seeds := []string{"", good, good[1:], good + "A", strings.ToLower(good), strings.Repeat("A", 75), "=", good + "\n"}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		agreed, err := openSAD(text, key)
		switch {
		case err == nil && text != good:
			t.Fatalf("got %q opened, which nobody has decoded", text)
		case err == nil && agreed.encode(key) != text:
			t.Fatalf("got %+v of %q, want what was decoded", agreed, text)
		case err != nil && text == good:
			t.Fatalf("got %v, want what was decoded opened", err)
		}
	})
}
