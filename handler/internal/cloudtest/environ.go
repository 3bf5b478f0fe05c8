package cloudtest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/hosttest"
)

const (
	identityPath       = "/msi/token"
	clientIdentityPath = "/msi/client/token" // of another app: clients do not have the rights of the handler's identity
)

// Environ returns the handler's environment in this cloud: its settings, and the variables that
// direct the SDK and Go's HTTP client to the cloud. None of them turns a check off.
func (c *Cloud) Environ() []string {
	environ := []string{
		"INFLUXION_AZURE_TENANT_ID=" + c.TenantID,
		"INFLUXION_AZURE_API_CLIENT_ID=" + c.APIClientID,
		"INFLUXION_AZURE_AUDIENCE=" + c.Audience,
		"INFLUXION_AZURE_DEFAULT_SCOPE=" + c.Scope,
		"INFLUXION_VAULT_URL=https://" + vaultHost,
		"INFLUXION_SIGNING_CERTIFICATES=" + c.certificateNames(),
		"INFLUXION_TSA_URL=" + c.Trust.TSAURL(),
		"INFLUXION_ALLOWED_NETWORKS=127.0.0.0/8", // the addresses of the local authorities
		"INFLUXION_PAGE_CLIENT_ID=" + c.Page.ID,
		"INFLUXION_PAGE_AUTHORITY_HOST=" + c.URL(), // as for ServePages
	}
	environ = append(environ, c.NetworkEnviron()...)
	if c.config.CacheTTL > 0 {
		environ = append(environ, "INFLUXION_CERTIFICATE_CACHE_TTL="+c.config.CacheTTL.String())
	}
	if c.config.HashSigning {
		environ = append(environ, "INFLUXION_HASH_SIGNING=true")
	}
	if c.config.CertificateRoles {
		environ = append(environ, "INFLUXION_CERTIFICATE_ROLES=true")
	}
	if c.config.AuditContainer {
		environ = append(environ, "INFLUXION_AUDIT_CONTAINER="+c.AuditContainer())
	}
	if c.config.Jobs {
		environ = append(environ, "INFLUXION_JOBS_STORAGE_URL=https://"+blobHost,
			// of the Functions host itself, not of the handler
			"AzureWebJobsStorage__accountName=influxionlocal", "Jobs__queueServiceUri=https://"+queueHost,
			"Jobs__credential=managedidentity")
	}
	switch c.config.Identity {
	case ServicePrincipal:
		environ = append(environ, "INFLUXION_AZURE_CLIENT_ID="+c.identity.ID,
			"INFLUXION_AZURE_CLIENT_SECRET="+c.identity.Secret)
	case UserAssigned:
		environ = append(environ, "INFLUXION_AZURE_CLIENT_ID="+c.identity.ID)
	}
	if c.config.Identity != ServicePrincipal {
		environ = append(environ, "IDENTITY_ENDPOINT="+c.URL()+identityPath, "IDENTITY_HEADER="+c.identitySecret)
	}
	return withSettings(environ, c.config.Misconfigured.handlerSettings(c))
}

// The names of the containers of Blobs that callers and tests use, and of the queue of jobs.
const (
	auditContainer     = "audit"
	TemplatesContainer = "templates"
	RecordsContainer   = "records"
	InboxContainer     = "inbox"
	ResultsContainer   = "results"
	JobsQueue          = "jobs"
)

// otherContainers are the containers other than auditContainer; queueNames are the queues.
var (
	otherContainers = []string{TemplatesContainer, RecordsContainer, InboxContainer, ResultsContainer}
	queueNames      = []string{JobsQueue, JobsQueue + "-poison"}
)

// ContainerURL is the address of a container of Blobs, for the handler and for clients that use the
// proxy.
func ContainerURL(name string) string { return "https://" + blobHost + "/" + name }

// AuditContainer is the address of the container that stores the audit log.
func (c *Cloud) AuditContainer() string { return ContainerURL(auditContainer) }

func (c *Cloud) certificateNames() string {
	if c.config.HeldName == "" {
		return c.CertificateName
	}
	return c.CertificateName + "," + c.config.HeldName
}

// NetworkEnviron returns the variables that direct a program's HTTP client to the cloud: trust
// anchors and proxy.
func (c *Cloud) NetworkEnviron() []string {
	return []string{
		"SSL_CERT_FILE=" + c.RootFile(),
		"SSL_CERT_DIR=" + c.directory, // instead of the machine's own anchors
		"HTTPS_PROXY=http://" + c.proxy.address(),
		"NO_PROXY=localhost,127.0.0.1,::1",
	}
}

// ClientEnviron returns the environment of a client program in this cloud: the variables that
// direct the SDK and Go's HTTP client to the cloud, the tenant, the scope, the registration
// Influxion Client, and what each kind of credential needs. azidentity reads the names with AZURE_,
// and the command influxion those with INFLUXION_CLIENT_. Browser and AzureCLI add a PATH with a
// browser that signs the user in and an az that is signed in. The calling program must play both:
// it calls RunTool at its start. The handler's address is not in the environment.
func (c *Cloud) ClientEnviron(kinds ...CredentialKind) ([]string, error) {
	caller := Caller{Application: c.Client, Person: c.User}
	if slices.Contains(kinds, ManagedIdentity) {
		caller.Application = c.ManagedClient
	}
	return c.ClientEnvironOf(caller, kinds...)
}

// ClientEnvironOf is ClientEnviron for another caller.
func (c *Cloud) ClientEnvironOf(caller Caller, kinds ...CredentialKind) ([]string, error) {
	environ := []string{
		"INFLUXION_AZURE_TENANT_ID=" + c.TenantID,
		"INFLUXION_AZURE_API_CLIENT_ID=" + c.APIClientID,
		"INFLUXION_AZURE_AUDIENCE=" + c.Audience,
		"INFLUXION_AZURE_DEFAULT_SCOPE=" + c.Scope,
		"AZURE_TENANT_ID=" + c.TenantID,
		"AZURE_CLIENT_ID=" + caller.Application.ID,
		"INFLUXION_CLIENT_TENANT_ID=" + c.TenantID,
		"INFLUXION_CLIENT_SCOPE=" + c.Scope,
		"INFLUXION_CLIENT_ID=" + caller.Application.ID,
	}
	environ = append(environ, c.NetworkEnviron()...)
	for _, kind := range kinds {
		more, err := c.kindEnviron(kind, caller)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		environ = append(environ, more...)
	}
	return withSettings(environ, c.config.Misconfigured.clientSettings(c)), nil
}

func (c *Cloud) kindEnviron(kind CredentialKind, caller Caller) ([]string, error) {
	switch kind {
	case ClientSecret:
		return both("AZURE_CLIENT_SECRET", "INFLUXION_CLIENT_SECRET", caller.Application.Secret), nil
	case ClientCertificate:
		path, err := c.writeCertificate(caller.Application)
		return both("AZURE_CLIENT_CERTIFICATE_PATH", "INFLUXION_CLIENT_CERTIFICATE_FILE", path), err
	case WorkloadIdentity:
		path, err := c.writeWorkloadToken(caller.Application)
		return both("AZURE_FEDERATED_TOKEN_FILE", "INFLUXION_CLIENT_TOKEN_FILE", path), err
	case ManagedIdentity:
		return []string{"IDENTITY_ENDPOINT=" + c.URL() + clientIdentityPath, "IDENTITY_HEADER=" + c.clientSecret}, nil
	case Browser, AzureCLI:
		folder, err := c.writeTools(caller)
		return []string{"PATH=" + folder + string(os.PathListSeparator) + os.Getenv("PATH")}, err
	}
	return nil, nil
}

// both sets a value under azidentity's name and under the name of the command influxion.
func both(azidentity, influxion, value string) []string {
	return []string{azidentity + "=" + value, influxion + "=" + value}
}

// registerPage gives the page's registration its redirect URI, by both names of this machine.
func (c *Cloud) registerPage(host string) error {
	return c.Entra.EditClient(c.Page.ID, func(client *entratest.Client) {
		page := host + "/api/"
		client.SinglePageURIs = []string{page, strings.Replace(page, "127.0.0.1", "localhost", 1)}
	})
}

// StartHost starts a Functions host over a staged script root. Its handler uses this cloud. From
// this process the handler inherits only where to find programs and where to write files, but no
// proxies and no Azure settings. Entries of config.Environ override all others.
func (c *Cloud) StartHost(ctx context.Context, config hosttest.Config) (*hosttest.Host, error) {
	var environ []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			environ = append(environ, name+"="+value)
		}
	}
	config.Environ = append(append(environ, c.Environ()...), config.Environ...)
	host, err := hosttest.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	return host, c.registerPage(host.URL())
}
