package signin_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/cmd/influxion/internal/signin"
)

// authority is an Entra ID whose token endpoint the test provides. It counts requests to other
// addresses.
type authority struct {
	token     func() *http.Response
	elsewhere int
}

func (a *authority) RoundTrip(r *http.Request) (*http.Response, error) {
	const base = "https://login.example.org/" + someone
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}}
	switch {
	case r.URL.Host != "login.example.org":
		a.elsewhere++
		answer.StatusCode, answer.Body = http.StatusNotFound, http.NoBody
	case strings.HasSuffix(r.URL.Path, "openid-configuration"):
		answer.Body = io.NopCloser(strings.NewReader(`{"issuer":"` + base + `/v2.0","token_endpoint":"` + base + `/token","authorization_endpoint":"` + base + `/a"}`))
	default:
		answer = a.token()
	}
	answer.Request = r
	return answer, nil
}

// endless is an endless answer.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	if e.read > 64<<20 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func (*endless) Close() error { return nil }

// The client sends a secret only to the authority, and bounds the authority's answers.
func TestSignInStaysWithTheAuthority(t *testing.T) {
	t.Parallel()
	flood := &endless{}
	for name, token := range map[string]func() *http.Response{
		"redirect": func() *http.Response {
			return &http.Response{StatusCode: http.StatusTemporaryRedirect,
				Header: http.Header{"Location": {"https://elsewhere.example.org/"}}, Body: http.NoBody}
		},
		"flood": func() *http.Response {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
				Body: flood}
		},
	} {
		a := &authority{token: token}
		credential, _, err := signin.New(signin.Config{
			TenantID: someone, ClientID: someone, ClientSecret: "secret", AuthorityHost: "https://login.example.org",
			Options: azcore.ClientOptions{Transport: signin.NewClient(a), Retry: policy.RetryOptions{MaxRetries: -1}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := credential.GetToken(t.Context(),
			policy.TokenRequestOptions{Scopes: []string{"api://x/.default"}}); err == nil {
			t.Errorf("%s: got %v, want an error", name, got)
		}
		if a.elsewhere != 0 {
			t.Errorf("%s: got %d requests elsewhere, want none", name, a.elsewhere)
		}
	}
	if flood.read > 2<<20 {
		t.Errorf("got %d bytes read, want a bound", flood.read)
	}
}
