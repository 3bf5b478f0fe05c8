package main

import (
	"strings"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/trustservices"
)

// readOutbound reads how trust services are asked: what the timestamp authority wants to see, and which hosts are behind a proxy.
func (c *config) readOutbound(found *faults) {
	c.findUnresolved(found)
	c.readCredentials(found)
	c.readProxy(found)
}

// findUnresolved names settings that the platform should have replaced by a secret: it leaves the reference as it is where it may not read
// the secret, and then that would be shown to others in its place.
func (c *config) findUnresolved(found *faults) {
	for _, secret := range []struct{ variable, value string }{
		{"AZURE_CLIENT_SECRET", c.ClientSecret}, {"TSA_USER", c.TSAUser}, {"TSA_PASSWORD", c.TSAPassword}, {"TSA_API_KEY", c.TSAKey},
		{"TSA_CLIENT_CERTIFICATE", c.TSACertificate}, {"OUTBOUND_PROXY", c.OutboundProxy},
	} {
		if strings.HasPrefix(strings.TrimSpace(secret.value), "@Microsoft.KeyVault(") {
			found.add(prefix+secret.variable, "is a reference to a secret that the platform cannot read",
				"give the app's identity the role Key Vault Secrets User on that secret, and check the name in the reference")
		}
	}
}

func (c *config) readCredentials(found *faults) {
	credentials := trustservices.Credentials{User: c.TSAUser, Password: c.TSAPassword, Key: c.TSAKey}
	if c.TSAKey != "" {
		credentials.Header = c.TSAKeyHeader
	}
	if err := credentials.CheckUser(); err != nil {
		found.add(prefix+"TSA_PASSWORD", "cannot be used: "+err.Error(), "set INFLUXION_TSA_USER and INFLUXION_TSA_PASSWORD as the authority gave them, or neither")
	}
	if err := credentials.CheckKey(); err != nil {
		found.add(prefix+"TSA_API_KEY", "cannot be used: "+err.Error(), "set the key as the authority gave it, and the header's name in INFLUXION_TSA_API_KEY_HEADER")
	}
	if c.TSACertificate != "" {
		certificate, err := keyvault.ReadClientCertificate(c.TSACertificate, time.Now())
		if err != nil {
			found.add(prefix+"TSA_CLIENT_CERTIFICATE", "cannot be used: it "+err.Error(), "refer to the vault's secret of that certificate: PKCS#12 in base64, or PEM, with its key")
		}
		credentials.Certificate = certificate
	}
	for _, variable := range []struct {
		name string
		set  bool
	}{{"TSA_PASSWORD", c.TSAUser != ""}, {"TSA_API_KEY", c.TSAKey != ""}, {"TSA_CLIENT_CERTIFICATE", c.TSACertificate != ""}} {
		if variable.set && (len(c.TSAURL) == 0 || !strings.HasPrefix(strings.ToLower(c.TSAURL[0]), "https://")) {
			found.add(prefix+variable.name, "needs an authority that is asked by https", "put the https address that it is for first in "+prefix+"TSA_URL")
		}
	}
	c.TSACredentials = credentials
}

func (c *config) readProxy(found *faults) {
	const remedy = "list host names such as ocsp.example.com or *.pki.example.com, separated by commas"
	switch {
	case c.OutboundProxy == "" && len(c.OutboundHosts) == 0:
		return
	case c.OutboundProxy == "":
		found.add(prefix+"OUTBOUND_PROXY", "is missing", "set the proxy's address, or remove "+prefix+"OUTBOUND_HOSTS")
		return
	case len(c.OutboundHosts) == 0:
		found.add(prefix+"OUTBOUND_HOSTS", "is missing", remedy+": the proxy is asked for nothing else")
		return
	}
	if err := trustservices.CheckProxyURL(c.OutboundProxy); err != nil {
		found.add(prefix+"OUTBOUND_PROXY", "is no address of a proxy: "+err.Error(), "write http://host:port")
		return
	}
	var err error
	if c.Outbound, err = trustservices.NewProxy(c.OutboundProxy, c.OutboundHosts); err != nil {
		found.add(prefix+"OUTBOUND_HOSTS", "cannot be used: "+err.Error(), remedy)
	}
}
