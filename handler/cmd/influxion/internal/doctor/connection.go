package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/keyvault/connection"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	maxAnswer = 1 << 20
	maxSkew   = 2 * time.Minute // Influxion allows five minutes
)

// GetToken is azcore.TokenCredential.
func (f fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if f.d.token == "" {
		return azcore.AccessToken{}, errNoToken
	}
	return azcore.AccessToken{Token: f.d.token, ExpiresOn: f.d.Now().Add(time.Hour)}, nil
}

// get requests an address without a token and returns status, header and body.
func (d *examination) get(ctx context.Context, address string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := d.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response, body, err
}

// service checks whether Influxion answers at the address.
func (d *examination) service(ctx context.Context) bool {
	if _, err := d.client.Health(ctx, false); err != nil && strings.HasPrefix(err.Error(), "the base URL") {
		d.failed("service-url", err.Error(), remedy{
			why:     "an access token goes to this address: it must be right, and the connection must be encrypted",
			portal:  "Function App → Overview → Default domain",
			command: `az functionapp show --name "$APP" --resource-group "$GROUP" --query defaultHostName -o tsv`,
		})
		return false
	}
	base := strings.TrimSuffix(d.URL, "/")
	response, body, err := d.get(ctx, base+"/api/health")
	if err != nil {
		d.connection("service", base, err)
		return false
	}
	d.clock("service", response.Header)
	var health struct {
		Status, Version string
	}
	if response.StatusCode == http.StatusOK && json.Unmarshal(body, &health) == nil && health.Status == "ok" {
		d.ok("service", fmt.Sprintf("Influxion %s answers at %s", health.Version, base))
		d.ready(ctx, base)
		return true
	}
	d.notInfluxion(base, response)
	return false
}

// notInfluxion reports what answers at the address in the place of Influxion.
func (d *examination) notInfluxion(base string, response *http.Response) {
	switch {
	case response.StatusCode >= 300 && response.StatusCode < 400, response.StatusCode == http.StatusUnauthorized:
		d.front(response)
	case response.StatusCode == http.StatusForbidden:
		d.failed("service-access-restriction",
			"something in front of Influxion answers 403: the Function App is stopped, or its access restrictions "+
				"refuse this machine", remedy{
				why:     "no request of this machine reaches Influxion",
				portal:  "Function App → Overview → Start; Function App → Networking → Public network access",
				command: `az functionapp start --name "$APP" --resource-group "$GROUP"; az functionapp config access-restriction show --name "$APP" --resource-group "$GROUP"`,
			})
	case response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == http.StatusBadGateway ||
		response.StatusCode == http.StatusInternalServerError:
		d.failed("service-not-running",
			fmt.Sprintf("the Functions host answers %d: Influxion does not start", response.StatusCode), remedy{
				why:     "the handler ends when a setting is wrong, and says in one message of its log which and why",
				portal:  "Function App → Log stream; Function App → Environment variables",
				command: `az webapp log tail --name "$APP" --resource-group "$GROUP"`,
			})
	case strings.HasSuffix(base, "/api"):
		d.failed("service-url", "the address ends in /api: leave that out", remedy{
			why: "influxion adds the path itself", portal: "Function App → Overview → Default domain, without a path",
			command: "export INFLUXION_CLIENT_URL=" + sh(strings.TrimSuffix(base, "/api")),
		})
	default:
		d.failed("service-other",
			fmt.Sprintf("what answers at %s (status %d) is not Influxion", base, response.StatusCode), remedy{
				why: "the address is of another app, or the functions are not published to this one",
				portal: "Function App → Functions: Sign, Verify and the others must be listed; Function App → " +
					"Overview → Default domain",
				command: `az functionapp function list --name "$APP" --resource-group "$GROUP" --query "[].name" -o tsv; func azure functionapp publish "$APP"`,
			})
	}
}

// connection reports why a server did not answer. check is the first part of the finding's name.
func (d *examination) connection(check, address string, err error) {
	host, name, port := address, address, "443"
	if u, parseErr := url.Parse(address); parseErr == nil {
		host, name, port = u.Host, u.Hostname(), cmp.Or(u.Port(), port)
	}
	const why = "without a connection nothing else can be checked"
	curl := "curl -v " + sh(address)
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		d.failed(check+"-name",
			fmt.Sprintf("the host name %s is not known here (no such host: %t)", host, dns.IsNotFound), remedy{
				why: why,
				portal: "check the address for a typing error; for a private endpoint: the private DNS zone and the " +
					"link to this network", command: curl,
			})
		return
	}
	if refusedCertificate(err) {
		cause := connection.Innermost(err)
		d.failed(check+"-tls", fmt.Sprintf("the TLS certificate of %s does not verify: %s", host, cause), remedy{
			why: "someone in between may read the traffic, or the certificate is not for this name, has " +
				"expired, or is from an authority that this machine does not trust",
			portal: "Function App → Custom domains → TLS/SSL binding; behind a proxy that inspects TLS: its root " +
				"certificate (SSL_CERT_FILE)",
			command: "openssl s_client -connect " + sh(net.JoinHostPort(name, port)) + " -servername " + sh(name) +
				" </dev/null",
		})
		return
	}
	d.failed(check+"-connection", "no connection to "+host+": "+connection.Innermost(err).Error(), remedy{
		why: why, portal: "firewall and proxy of this network (HTTPS_PROXY); the Function App's networking",
		command: curl,
	})
}

func refusedCertificate(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.HostnameError](err)
	return ok
}

// front reports a proxy or platform before Influxion that wants a sign-in of its own.
func (d *examination) front(response *http.Response) {
	d.failed("service-front",
		fmt.Sprintf("something in front of Influxion answers %d: App Service authentication, a gateway, or a "+
			"function key is required", response.StatusCode), remedy{
			why: "Influxion checks access tokens itself; what is in front of it hides its answers and may " +
				"refuse its tokens",
			portal: "Function App → Authentication → remove the identity provider, or set “Unauthenticated requests” " +
				"to “Allow”; " +
				"function.json must have authLevel anonymous",
			command: `az webapp auth update --name "$APP" --resource-group "$GROUP" --enabled false`,
		})
}

// clock compares the Date of an answer with ours.
func (d *examination) clock(whose string, header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		d.notChecked("clock-"+whose, "the answer has no date to compare clocks by")
		return
	}
	skew := date.Sub(d.Now()).Round(time.Second)
	if skew.Abs() <= maxSkew {
		d.ok("clock-"+whose, fmt.Sprintf("its clock and this machine's agree within %s", maxSkew))
		return
	}
	if !d.clocks {
		d.notChecked("clock-"+whose, "see the finding on this machine's clock above")
		return
	}
	d.clocks = false
	direction := "behind"
	if skew < 0 {
		direction = "ahead of"
	}
	d.failed("clock-"+whose, fmt.Sprintf("this machine's clock is %s %s that of the %s", skew.Abs(), direction, whose),
		remedy{
			why: "tokens are valid for a period: by a wrong clock, valid ones are refused and expired " +
				"ones are used",
			portal:  "set this machine's clock by NTP; Azure's own clocks are right",
			command: "timedatectl set-ntp true   # Windows: w32tm /resync",
		})
}

// ready asks the service what it can reach. Later checks report a fault there, when more is known.
func (d *examination) ready(ctx context.Context, base string) {
	_, body, err := d.get(ctx, base+"/api/health?ready=1")
	var health struct{ Checks map[string]string }
	if err != nil || json.Unmarshal(body, &health) != nil || health.Checks == nil {
		d.notChecked("readiness", "the service does not report whether it is ready")
		return
	}
	d.checks = health.Checks
	bad := func(name string) bool { return health.Checks[name] != "" && health.Checks[name] != "ok" }
	switch {
	case bad("token_keys") && bad("vault"):
		d.vaultFailed("service-egress", "the service reaches neither Entra ID nor its vault", remedy{
			why: "without the keys of Entra ID it can verify no token, without the vault it has no certificate",
			portal: "Function App → Networking → Outbound traffic: virtual network integration, route table, " +
				"firewall; setting HTTPS_PROXY",
			command: `az functionapp vnet-integration list --name "$APP" --resource-group "$GROUP"; az functionapp config appsettings list --name "$APP" --resource-group "$GROUP" --query "[?name=='HTTPS_PROXY']"`,
		})
	case bad("token_keys"):
		d.failed("service-token-keys", "the service gets no token keys for its tenant from Entra ID", remedy{
			why: "it can verify no token: its tenant ID or authority host is wrong, or its network has no " +
				"way to Entra ID",
			portal: "Function App → Environment variables → INFLUXION_AZURE_TENANT_ID, " +
				"INFLUXION_AZURE_AUTHORITY_HOST; Networking → Outbound traffic",
			command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_AZURE_TENANT_ID="$TENANT_ID"`,
		})
	case !bad("vault"):
		d.ok("readiness", "the service reaches Entra ID and its vault")
	}
}

// challenge checks how the service asks for a token.
func (d *examination) challenge(ctx context.Context) {
	response, _, err := d.get(ctx, strings.TrimSuffix(d.URL, "/")+"/api/certificates")
	if err != nil {
		d.connection("service", d.URL, err)
		return
	}
	field := response.Header.Get("WWW-Authenticate")
	if response.StatusCode != http.StatusUnauthorized ||
		!strings.HasPrefix(response.Header.Get("Content-Type"), "application/problem+json") {
		d.front(response)
		return
	}
	authority, tenant, ok := authorityOf(parameter(field, "authorization_uri"))
	if !ok {
		d.ok("service-front", "the service asks for a token itself")
		return
	}
	d.tenant = tenant
	if !strings.EqualFold(authority, strings.TrimSuffix(d.AuthorityHost, "/")) {
		d.failed("service-authority",
			fmt.Sprintf("the service takes tokens of %s, and you sign in at %s", authority, d.AuthorityHost), remedy{
				why:     "national clouds do not accept each other's tokens",
				portal:  "Function App → Environment variables → INFLUXION_AZURE_AUTHORITY_HOST",
				command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_AZURE_AUTHORITY_HOST=` + sh(d.AuthorityHost),
			})
		return
	}
	d.ok("service-front", "the service asks for a token of tenant "+tenant)
}

// compareTenants compares the service's tenant with the tenant of the sign-in, once Entra ID is
// known to have the latter.
func (d *examination) compareTenants() {
	if d.tenant == "" || !guid.Valid(d.TenantID) || strings.EqualFold(d.tenant, d.TenantID) {
		return
	}
	d.failed("service-tenant",
		fmt.Sprintf("the service takes tokens of tenant %s, and you sign in to %s", d.tenant, d.TenantID), remedy{
			why: "a token of another tenant is refused, even a valid one",
			portal: "sign in to the service's tenant; or Function App → Environment variables → " +
				"INFLUXION_AZURE_TENANT_ID (several tenants: INFLUXION_AZURE_ALLOWED_TENANTS)",
			command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_AZURE_TENANT_ID=` + sh(d.TenantID),
		})
}
