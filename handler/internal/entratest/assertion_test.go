package entratest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/pkitest"
)

const workloadIssuer = "https://cluster.example.org/id"

// selfSigned makes a key and its certificate.
func selfSigned(t *testing.T, from, to time.Time) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.RSA2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey), certificate
}

// signed makes a token with any header; alg decides how.
func signed(t *testing.T, key *rsa.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	var parts []string
	for _, object := range []map[string]any{header, claims} {
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, ".")))
	var signature []byte
	var err error
	if header["alg"] == "PS256" {
		signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], nil)
	} else {
		signature, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(signature)), ".")
}

func assertion(token string, pairs ...string) []string {
	return append([]string{"grant_type", "client_credentials", "client_id", clientID, "scope", apiURI + "/.default",
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", token},
		pairs...)
}

func TestCertificateAssertions(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0)
	key, certificate := selfSigned(t, start.Add(-time.Hour), start.Add(time.Hour))
	stranger, other := selfSigned(t, start.Add(-time.Hour), start.Add(time.Hour))
	oldKey, old := selfSigned(t, start.Add(-time.Hour), start.Add(-time.Minute))
	nextKey, next := selfSigned(t, start.Add(time.Minute), start.Add(time.Hour))
	s := newSignInServer(t, func(c *entratest.Config) {
		c.Clients[2].Certificates = []*x509.Certificate{old, certificate, next}
	})
	endpoint := "https://" + host + "/" + tenantID + "/oauth2/v2.0/token"
	sha256Print := func(c *x509.Certificate) string {
		print := sha256.Sum256(c.Raw)
		return base64.StdEncoding.EncodeToString(print[:]) // as MSAL for Go does
	}
	sha1Print := func(c *x509.Certificate) string {
		print := sha1.Sum(c.Raw)
		return base64.RawURLEncoding.EncodeToString(print[:])
	}
	header := func(c *x509.Certificate) map[string]any {
		return map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": sha256Print(c)}
	}
	claims := func(changes map[string]any) map[string]any {
		claims := map[string]any{"iss": clientID, "sub": clientID, "aud": endpoint, "nbf": start.Unix(),
			"exp": start.Add(10 * time.Minute).Unix(), "jti": "1"}
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
		return claims
	}
	for name, test := range map[string]struct {
		token, kind, want string
	}{
		"PS256": {signed(t, key, header(certificate), claims(nil)), "", ""},
		"RS256 with x5t": {signed(t, key, map[string]any{"alg": "RS256", "x5t": sha1Print(certificate)},
			claims(nil)), "", ""},
		"issuer as audience": {signed(t, key, header(certificate),
			claims(map[string]any{"aud": "https://" + host + "/" + tenantID + "/v2.0"})), "", ""},
		"other certificate": {signed(t, stranger, header(other), claims(nil)), "invalid_client", "AADSTS700027"},
		"other key": {signed(t, stranger, header(certificate), claims(nil)), "invalid_client",
			"AADSTS700027"},
		"no thumbprint": {signed(t, key, map[string]any{"alg": "PS256"}, claims(nil)), "invalid_client",
			"AADSTS700027"},
		"thumbprint of a kind": {signed(t, key, map[string]any{"alg": "PS256", "x5t#S256": 1}, claims(nil)),
			"invalid_client", "AADSTS700027"},
		"expired certificate": {signed(t, oldKey, header(old), claims(nil)), "invalid_client", "AADSTS700027"},
		"early certificate":   {signed(t, nextKey, header(next), claims(nil)), "invalid_client", "AADSTS700027"},
		"other subject": {signed(t, key, header(certificate), claims(map[string]any{"sub": bothID})),
			"invalid_client", "AADSTS700021"},
		"other audience": {signed(t, key, header(certificate), claims(map[string]any{"aud": "https://example.org"})),
			"invalid_client", "AADSTS700023"},
		"other tenant": {signed(t, key, header(certificate),
			claims(map[string]any{"aud": strings.Replace(endpoint, tenantID, userID, 1)})), "invalid_client",
			"AADSTS700023"},
		"no end": {signed(t, key, header(certificate), claims(map[string]any{"exp": nil})), "invalid_client",
			"AADSTS700024"},
		"past": {signed(t, key, header(certificate),
			claims(map[string]any{"exp": start.Add(-6 * time.Minute).Unix()})), "invalid_client", "AADSTS700024"},
		"future": {signed(t, key, header(certificate),
			claims(map[string]any{"nbf": start.Add(6 * time.Minute).Unix()})), "invalid_client", "AADSTS700024"},
		"claims of a kind": {signed(t, key, header(certificate), claims(map[string]any{"exp": "x"})), "invalid_request",
			"AADSTS50027"},
		"other algorithm": {signed(t, key, map[string]any{"alg": "HS256"}, claims(nil)), "invalid_request",
			"AADSTS50027"},
		"no algorithm": {signed(t, key, map[string]any{"alg": "none"}, claims(nil)), "invalid_request", "AADSTS50027"},
		"no token":     {"x", "invalid_request", "AADSTS50027"},
	} {
		got := s.tokens(t, assertion(test.token)...)
		if test.want != "" {
			wantFault(t, name, got, test.kind, test.want)
			continue
		}
		if got["access_token"] == nil {
			t.Errorf("%s: got %v, want a token", name, got)
			continue
		}
		if claims := claimsOf(t, got["access_token"]); claims["azpacr"] != "2" {
			t.Errorf("%s: got azpacr %v, want 2: by certificate", name, claims["azpacr"])
		}
	}
	good := signed(t, key, header(certificate), claims(nil))
	pairs := assertion(good)
	pairs[7] = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
	wantFault(t, "other type", s.tokens(t, pairs...), "invalid_request", "AADSTS700028")
	for i, pair := range pairs {
		if pair == clientID {
			pairs[i] = bothID
		}
	}
	pairs[7] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	wantFault(t, "other client", s.tokens(t, pairs...), "invalid_client", "AADSTS700211")
	if err := s.EditClient(clientID, func(c *entratest.Client) { c.Certificates = nil }); err != nil {
		t.Fatal(err)
	}
	wantFault(t, "after the removal", s.tokens(t, assertion(good)...), "invalid_client", "AADSTS700027")
	if err := s.EditClient(publicID, func(*entratest.Client) {}); err == nil {
		t.Error("got no error for a client that is not there")
	}
}

// routed answers at an issuer's address.
type routed struct{ handler http.Handler }

func (r routed) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	http.StripPrefix("/id", r.handler).ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

// spliced returns a token with the signature of another token.
func spliced(token, other string) string {
	return token[:strings.LastIndexByte(token, '.')] + other[strings.LastIndexByte(other, '.'):]
}

func TestFederatedAssertions(t *testing.T) {
	t.Parallel()
	c := clocktest.New(time.Unix(1_800_000_000, 0))
	issuer, err := entratest.NewIssuer(workloadIssuer, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	impostor, err := entratest.NewIssuer(workloadIssuer, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	// documented returns the issuer with another document.
	documented := func(document string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
				_, _ = io.WriteString(w, document)
				return
			}
			issuer.ServeHTTP(w, r)
		})
	}
	credentials := []entratest.FederatedCredential{
		{Issuer: workloadIssuer, Subject: "workload"}, {Issuer: workloadIssuer, Subject: "second", Audience: "own"},
	}
	with := func(handler http.Handler) signInServer {
		return newSignInServer(t, func(c *entratest.Config) {
			c.Clients[2].Federated = credentials
			if handler != nil {
				c.FederatedKeys = &http.Client{Transport: routed{handler}}
			}
		})
	}
	s := with(issuer)
	const exchange = "api://AzureADTokenExchange"
	for name, test := range map[string]struct {
		server            signInServer
		token, kind, want string
	}{
		"good":                {s, issuer.Token("workload", exchange, nil), "", ""},
		"own audience":        {s, issuer.Token("second", "own", nil), "", ""},
		"audience of a first": {s, issuer.Token("second", exchange, nil), "invalid_client", "AADSTS700212"},
		"other audience":      {s, issuer.Token("workload", "own", nil), "invalid_client", "AADSTS700212"},
		"other subject":       {s, issuer.Token("Workload", exchange, nil), "invalid_client", "AADSTS700213"},
		"other issuer": {s, issuer.Token("workload", exchange, map[string]any{"iss": workloadIssuer + "/"}),
			"invalid_client", "AADSTS700211"},
		"other key": {s, impostor.Token("workload", exchange, nil), "invalid_request", "AADSTS50013"},
		"past": {s, issuer.Token("workload", exchange,
			map[string]any{"exp": c.Now().Add(-6 * time.Minute).Unix()}), "invalid_client", "AADSTS700024"},
		"no end": {s, issuer.Token("workload", exchange, map[string]any{"exp": nil}), "invalid_client",
			"AADSTS700024"},
		"issuer unreachable": {with(nil), issuer.Token("workload", exchange, nil), "invalid_request", "AADSTS50166"},
		"issuer is down": {with(http.NotFoundHandler()), issuer.Token("workload", exchange, nil), "invalid_request",
			"AADSTS50166"},
		"document of another": {with(documented(`{"issuer":"https://other.example.org","jwks_uri":"` + workloadIssuer + `/openid/v1/jwks"}`)),
			issuer.Token("workload", exchange, nil), "invalid_request", "AADSTS50166"},
		"no document": {with(documented("<html>")), issuer.Token("workload", exchange, nil), "invalid_request",
			"AADSTS50166"},
		"keys without TLS": {with(documented(`{"issuer":"` + workloadIssuer + `","jwks_uri":"http://cluster.example.org/id/openid/v1/jwks"}`)),
			issuer.Token("workload", exchange, nil), "invalid_request", "AADSTS50166"},
		"own document": {with(documented(`{"issuer":"` + workloadIssuer + `","jwks_uri":"` + workloadIssuer + `/openid/v1/jwks"}`)),
			issuer.Token("workload", exchange, nil), "", ""},
		"signature of another": {s, spliced(issuer.Token("workload", exchange, nil),
			issuer.Token("second", exchange, nil)), "invalid_request", "AADSTS50013"},
	} {
		got := test.server.tokens(t, assertion(test.token)...)
		if test.want != "" {
			wantFault(t, name, got, test.kind, test.want)
		} else if got["access_token"] == nil {
			t.Errorf("%s: got %v, want a token", name, got)
		}
	}
}
