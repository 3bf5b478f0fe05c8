package main

import (
	"fmt"
	"os"
	"strings"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/shell"
)

// clientEnviron is the environment of a client program in any language: the secret of the client
// application, and the endpoint of a managed identity. The last three variables are those from
// which requests, Node.js and curl take a root certificate; Go and OpenSSL use SSL_CERT_FILE.
func clientEnviron(cloud *cloudtest.Cloud, host *hosttest.Host) ([]string, error) {
	environ, err := cloud.ClientEnviron(cloudtest.ClientSecret)
	if err != nil {
		return nil, err
	}
	managed, err := cloud.ClientEnviron(cloudtest.ManagedIdentity)
	if err != nil {
		return nil, err
	}
	for _, entry := range managed {
		switch {
		case strings.HasPrefix(entry, "IDENTITY_"):
			environ = append(environ, entry)
		case strings.HasPrefix(entry, "AZURE_CLIENT_ID="):
			// AZURE_CLIENT_ID names the client with the secret
			environ = append(environ, "LOCALAZURE_IDENTITY_"+entry)
		}
	}
	return append(environ, "INFLUXION_CLIENT_URL="+host.URL(), "INFLUXION_CLIENT_SCOPE="+cloud.Scope,
		"INFLUXION_CLIENT_TENANT_ID="+cloud.TenantID,
		"INFLUXION_CLIENT_ID="+cloud.Client.ID, "INFLUXION_CLIENT_SECRET="+cloud.Client.Secret,
		"LOCALAZURE_CONTROL="+cloud.URL()+"/control",
		"REQUESTS_CA_BUNDLE="+cloud.RootFile(), "NODE_EXTRA_CA_CERTS="+cloud.RootFile(),
		"CURL_CA_BUNDLE="+cloud.RootFile()), nil
}

// writeEnviron writes the environment as lines for a shell. Only this user can read the file,
// because it contains a secret.
func writeEnviron(path string, cloud *cloudtest.Cloud, host *hosttest.Host) error {
	environ, err := clientEnviron(cloud, host)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		fmt.Fprintf(&text, "export %s=%s\n", name, shell.Word(value))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write the environment of a client: %w", err)
	}
	return nil
}
