package cloudtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/trusttest"
)

// The claims in the token of a workload, as in Kubernetes.
const (
	issuerHost    = "workloads.example.org"
	subject       = "system:serviceaccount:signing:client-"
	tokenExchange = "api://AzureADTokenExchange"
)

// workloads is the second issuer. It starts at its first use.
type workloads struct {
	mu      sync.Mutex
	issuer  *entratest.Issuer
	service *service
}

func (w *workloads) stop() *service {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.service
}

// workloadIssuer returns the issuer whose tokens a registration may trust instead of a secret. It
// stands for a Kubernetes cluster.
func (c *Cloud) workloadIssuer() (*entratest.Issuer, error) {
	c.workloads.mu.Lock()
	defer c.workloads.mu.Unlock()
	if c.workloads.issuer != nil {
		return c.workloads.issuer, nil
	}
	issuer, err := entratest.NewIssuer("https://"+issuerHost, c.config.Now)
	if err != nil {
		return nil, err
	}
	certificate, err := c.Trust.Authority(trusttest.Issuing).IssueServer(c.config.Now(), issuerHost)
	if err != nil {
		return nil, err
	}
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if c.workloads.service, err = start("127.0.0.1:0", named("local workload issuer", issuer), secure); err != nil {
		return nil, err
	}
	c.workloads.issuer = issuer
	return issuer, nil
}

// workloadToken makes the application's registration trust the workload that has its name, and
// returns that workload's token.
func (c *Cloud) workloadToken(application Application) (string, error) {
	issuer, err := c.workloadIssuer()
	if err != nil {
		return "", err
	}
	name := subject + application.ID
	err = c.Entra.EditClient(application.ID, func(client *entratest.Client) {
		client.Federated = []entratest.FederatedCredential{{Issuer: issuer.URL, Subject: name}}
	})
	return issuer.Token(name, tokenExchange, nil), err
}

// issuerClient is the client with which Entra ID calls the issuer. It resolves the issuer's name
// itself, and bypasses the handler's proxy, which does not know the name.
func (c *Cloud) issuerClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			service := c.workloads.stop()
			if service == nil || address != issuerHost+":443" {
				return nil, errors.New("no such host")
			}
			roots := x509.NewCertPool()
			roots.AddCert(c.Root())
			dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: issuerHost,
				MinVersion: tls.VersionTLS12}}
			return dialer.DialContext(ctx, network, service.address())
		},
		DisableKeepAlives: true,
	}}
}
