package doctor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/accesstoken"
)

// Config says what to examine and with what. Only URL is required.
type Config struct {
	URL           string
	Scope         string
	TenantID      string
	ClientID      string
	AuthorityHost string // "" = the public cloud's
	Certificate   string // to examine; "" = every one that the service offers
	Level         string // to probe; "" = the default of the deployment
	Probe         bool   // sign a document of our own, and timestamp it

	Credential    azcore.TokenCredential // of the caller; nil = there is none, because of CredentialErr
	CredentialErr error

	VaultURL        string
	VaultCredential azcore.TokenCredential // who asks the vault
	VaultIdentity   string                 // a description of that identity

	Deployment map[string]string // the deployment's settings, if they are known

	Transport http.RoundTripper // nil = Go's own
	Now       func() time.Time  // nil = time.Now
	Report    func(Finding)     // gets each finding at once; may be nil
}

const publicAuthority = "https://login.microsoftonline.com"

// checkTime bounds one request.
const checkTime = 60 * time.Second

// examination is one run.
type examination struct {
	Config
	findings
	caller
	http   *http.Client // follows no redirect
	client *client.Client

	tenant       string            // that the service's challenge names
	checks       map[string]string // the service's own, by readiness
	clocks       bool              // the clocks agree
	vaultProblem bool              // a cause in the vault, the certificate or the settings is named
	fit          bool              // the certificate in the vault is fit for signing
	offered      client.Listing
}

// caller is who calls the service, with which access token.
type caller struct {
	token   string
	claims  *accesstoken.Token
	lacking *Finding // the right that the token does not give; nil = none is known
}

// Run examines the deployment and returns the findings in the order of the checks.
func Run(ctx context.Context, config Config) []Finding {
	if config.Transport == nil {
		config.Transport = http.DefaultTransport
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.AuthorityHost == "" {
		config.AuthorityHost = publicAuthority
	}
	d := &examination{Config: config, findings: findings{report: config.Report}, clocks: true}
	d.http = &http.Client{
		Transport: config.Transport, Timeout: checkTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	// one attempt for each call: a finding describes the state at this moment
	d.client = client.New(config.URL, fixedToken{d}, config.Scope).WithHTTPClient(d.http).WithAttempts(1)
	d.examine(ctx)
	return d.list
}

// examine runs the checks, from the outside to the inside.
func (d *examination) examine(ctx context.Context) {
	alive := d.service(ctx)
	if alive {
		d.challenge(ctx)
	} else {
		d.notChecked("service-front", "the service was not asked for a token, since it does not answer")
	}
	signedIn := false
	if d.authority(ctx) {
		d.compareTenants()
		signedIn = d.signIn(ctx)
	}
	signedIn = signedIn && d.tokenClaims()
	d.deployment()
	d.tokenRoles()
	d.vault(ctx)
	if !alive || !signedIn {
		if d.lacking != nil {
			d.add(*d.lacking)
		}
		d.notChecked("access", "the service was not called with a token, because of the above")
		return
	}
	if !d.access(ctx) {
		return
	}
	d.certificates(ctx)
	d.probes(ctx)
}

// fixedToken gives the same token for all calls, so that they use the token that was examined.
type fixedToken struct{ d *examination }

var errNoToken = errors.New("there is no access token")
