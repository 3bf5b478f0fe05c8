package cloudtest

import (
	"fmt"
	"net/http"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/trusttest"
)

// Control is an action on the running cloud: a POST to Path below the cloud's URL.
type Control struct {
	Path string
	Does string
	do   func() error
}

// Controls lists the actions, in the order in which to try them.
func (c *Cloud) Controls() []Control {
	fault := func(kind keyvaulttest.Kind, retryAfter string) func() error {
		return func() error {
			c.Vault.SetFault(keyvaulttest.Fault{Kind: kind, RetryAfter: retryAfter})
			return nil
		}
	}
	outage := func(service trusttest.Service) func() error {
		return func() error {
			c.Trust.Fault(service, trusttest.Fault{Kind: trusttest.Down})
			return nil
		}
	}
	return []Control{
		{"/control/keys/rotate", "sign access tokens with a new key from now on", c.Entra.RotateKeys},
		{"/control/certificate/rotate", "a new version of the signing certificate", func() error {
			_, err := c.RotateCertificate()
			return err
		}},
		{"/control/certificate/disable", "disable the signing certificate",
			func() error { return c.EnableCertificate(false) }},
		{"/control/certificate/enable", "enable it again", func() error { return c.EnableCertificate(true) }},
		{"/control/vault/forbidden-by-rbac", "the vault refuses: no role", fault(keyvaulttest.ForbiddenByRBAC, "")},
		{"/control/vault/forbidden-by-policy", "the vault refuses: no access policy",
			fault(keyvaulttest.ForbiddenByPolicy, "")},
		{"/control/vault/forbidden-by-firewall", "the vault refuses: firewall",
			fault(keyvaulttest.ForbiddenByFirewall, "")},
		{"/control/vault/throttled", "the vault answers 429", fault(keyvaulttest.Throttled, "")},
		{"/control/vault/slow", "the vault does not answer", fault(keyvaulttest.Slow, "")},
		{"/control/vault/down", "the vault breaks connections", fault(keyvaulttest.Down, "")},
		{"/control/certificate/revoke", "revoke the signing certificate", c.RevokeCertificate},
		{"/control/tsa/down", "the timestamp authority breaks connections", outage(trusttest.TSA)},
		{"/control/ocsp/down", "the OCSP responders break connections", outage(trusttest.OCSP)},
		{"/control/crl/down", "the CRLs are not available", outage(trusttest.CRL)},
		{"/control/trust/none", "timestamps, OCSP and CRLs work again", func() error {
			for _, service := range []trusttest.Service{trusttest.TSA, trusttest.OCSP, trusttest.CRL} {
				c.Trust.ClearFault(service)
			}
			return nil
		}},
		{"/control/vault/none", "the vault works again", func() error {
			c.Vault.ClearFault()
			return nil
		}},
	}
}

func (c *Cloud) control() http.Handler {
	mux := http.NewServeMux()
	controls := c.Controls()
	for _, control := range controls {
		mux.HandleFunc("POST "+control.Path, func(w http.ResponseWriter, _ *http.Request) {
			if err := control.do(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprintf(w, "done: %s\n", control.Does)
		})
	}
	mux.HandleFunc("GET /control", func(w http.ResponseWriter, _ *http.Request) {
		for _, control := range controls {
			fmt.Fprintf(w, "curl -X POST %s%s  # %s\n", c.URL(), control.Path, control.Does)
		}
	})
	return mux
}
