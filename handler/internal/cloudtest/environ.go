package cloudtest

import (
	"context"
	"os"

	"influxion/handler/internal/hosttest"
)

const identityPath = "/msi/token"

// Environ is the handler's environment in this cloud: its settings, and what leads the SDK and Go's HTTP client here. Nothing of
// it turns a check off.
func (c *Cloud) Environ() []string {
	environ := []string{
		"INFLUXION_AZURE_TENANT_ID=" + c.TenantID,
		"INFLUXION_AZURE_API_CLIENT_ID=" + c.APIClientID,
		"INFLUXION_AZURE_AUDIENCE=" + c.Audience,
		"INFLUXION_AZURE_DEFAULT_SCOPE=" + c.Scope,
		"INFLUXION_VAULT_URL=https://" + vaultHost,
		"INFLUXION_SIGNING_CERTIFICATES=" + c.CertificateName,
		"INFLUXION_TSA_URL=" + c.Trust.TSAURL(),
		"INFLUXION_ALLOWED_NETWORKS=127.0.0.0/8", // where the local authorities publish
		"SSL_CERT_FILE=" + c.RootFile(),
		"SSL_CERT_DIR=" + c.directory, // keeps the machine's own anchors out
		"HTTPS_PROXY=http://" + c.proxy.address(),
	}
	if c.config.CacheTTL > 0 {
		environ = append(environ, "INFLUXION_CERTIFICATE_CACHE_TTL="+c.config.CacheTTL.String())
	}
	switch c.config.Identity {
	case ServicePrincipal:
		return append(environ, "INFLUXION_AZURE_CLIENT_ID="+c.identity.ID, "INFLUXION_AZURE_CLIENT_SECRET="+c.identity.Secret)
	case UserAssigned:
		environ = append(environ, "INFLUXION_AZURE_CLIENT_ID="+c.identity.ID)
	}
	return append(environ, "IDENTITY_ENDPOINT="+c.URL()+identityPath, "IDENTITY_HEADER="+c.identitySecret)
}

// StartHost starts a Functions host over a staged script root, whose handler lives in this cloud. The handler inherits no more of
// this process than where to find programs and put files: not its proxies, not its Azure settings. Entries of config.Environ come
// last and win.
func (c *Cloud) StartHost(ctx context.Context, config hosttest.Config) (*hosttest.Host, error) {
	var environ []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			environ = append(environ, name+"="+value)
		}
	}
	config.Environ = append(append(environ, c.Environ()...), config.Environ...)
	return hosttest.Start(ctx, config)
}
