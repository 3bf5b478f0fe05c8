package main

import (
	"strings"
	"time"

	"influxion/handler/internal/keyvault/material"
	"influxion/handler/internal/trustservices"
)

// readOutbound reads how trust services are reached: the credentials for the timestamp authority,
// and the hosts that are behind a proxy.
func (c *config) readOutbound(found *settingErrors) {
	c.findUnresolved(found)
	c.readCredentials(found)
	c.readProxy(found)
}

// findUnresolved reports settings with a reference to a secret that the platform has not resolved,
// because it may not read the secret. The reference itself must not be sent as a credential.
func (c *config) findUnresolved(found *settingErrors) {
	for _, secret := range []struct{ variable, value string }{
		{"AZURE_CLIENT_SECRET", c.Azure.ClientSecret}, {"TSA_USER", c.TSA.User}, {"TSA_PASSWORD", c.TSA.Password},
		{"TSA_API_KEY", c.TSA.Key}, {"TSA_CLIENT_CERTIFICATE", c.TSA.Certificate},
		{"OUTBOUND_PROXY", c.Trust.OutboundProxy},
	} {
		if strings.HasPrefix(strings.TrimSpace(secret.value), "@Microsoft.KeyVault(") {
			found.add(prefix+secret.variable, "is a reference to a secret that the platform cannot read",
				"give the app's identity the role Key Vault Secrets User on that secret, and check the reference")
		}
	}
}

func (c *config) readCredentials(found *settingErrors) {
	credentials := trustservices.Credentials{User: line(c.TSA.User), Password: line(c.TSA.Password),
		Key: line(c.TSA.Key)}
	if c.TSA.Key != "" {
		credentials.Header = c.TSA.KeyHeader
	}
	if err := credentials.CheckUser(); err != nil {
		found.add(prefix+"TSA_PASSWORD", "cannot be used: "+err.Error(),
			"set INFLUXION_TSA_USER and INFLUXION_TSA_PASSWORD as the authority gave them, or neither")
	}
	if err := credentials.CheckKey(); err != nil {
		found.add(prefix+"TSA_API_KEY", "cannot be used: "+err.Error(),
			"set the key as the authority gave it, and the header's name in INFLUXION_TSA_API_KEY_HEADER")
	}
	if c.TSA.Certificate != "" {
		certificate, err := material.ReadClientCertificate(c.TSA.Certificate, time.Now())
		if err != nil {
			found.add(prefix+"TSA_CLIENT_CERTIFICATE", "cannot be used: it "+err.Error(),
				"refer to the secret of that certificate in the vault: PKCS#12 in base64, or PEM, with its key")
		}
		credentials.Certificate = certificate
	}
	safe := len(c.TSA.URLs) > 0 && strings.HasPrefix(strings.ToLower(c.TSA.URLs[0]), "https://")
	for _, secret := range []struct{ variable, value string }{
		{"TSA_PASSWORD", c.TSA.User}, {"TSA_API_KEY", c.TSA.Key}, {"TSA_CLIENT_CERTIFICATE", c.TSA.Certificate},
	} {
		if secret.value != "" && !safe {
			found.add(prefix+secret.variable, "needs an authority with an https address",
				"put the https address of its authority first in "+prefix+"TSA_URL")
		}
	}
	c.TSA.Credentials = credentials
}

// line removes the line end of a secret that was read from a file.
func line(secret string) string { return strings.TrimRight(secret, "\r\n") }

func (c *config) readProxy(found *settingErrors) {
	const remedy = "list host names such as ocsp.example.com or *.pki.example.com, separated by commas"
	switch {
	case c.Trust.OutboundProxy == "" && len(c.Trust.OutboundHosts) == 0:
		return
	case c.Trust.OutboundProxy == "":
		found.add(prefix+"OUTBOUND_PROXY", "is missing", "set the proxy's address, or remove "+prefix+"OUTBOUND_HOSTS")
		return
	case len(c.Trust.OutboundHosts) == 0:
		found.add(prefix+"OUTBOUND_HOSTS", "is missing", remedy+": the proxy is used for no other hosts")
		return
	}
	if err := trustservices.CheckProxyURL(c.Trust.OutboundProxy); err != nil {
		found.add(prefix+"OUTBOUND_PROXY", "is not the address of a proxy: "+err.Error(), "write http://host:port")
		return
	}
	var err error
	if c.Trust.Proxy, err = trustservices.NewProxy(c.Trust.OutboundProxy, c.Trust.OutboundHosts); err != nil {
		found.add(prefix+"OUTBOUND_HOSTS", "cannot be used: "+err.Error(), remedy)
	}
}
