package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/trusttest"
)

const (
	vaultHost  = "conformance.vault.azure.net"
	vaultToken = "token of the conformance run"
)

// vault holds the keys of seals on loopback. Seals sign through the product's own client of Key
// Vault, in the mode that never fetches a key.
type vault struct {
	store  *keyvaulttest.Vault
	server *http.Server
	source *keyvault.Source
}

func newVault(services *trusttest.Services) (*vault, error) {
	v := &vault{store: keyvaulttest.New(keyvaulttest.Config{
		BaseURL: "https://" + vaultHost, TenantID: "11111111-2222-3333-4444-555555555555",
		AuthorityHost: "https://login.microsoftonline.com",
		Authorize: func(token string) error {
			if token != vaultToken {
				return errors.New("another token")
			}
			return nil
		},
	})}
	issuing := services.Authority(trusttest.Issuing)
	certificate, err := issuing.IssueServer(time.Now(), vaultHost)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	v.server = &http.Server{Handler: v.store, ReadHeaderTimeout: time.Minute}
	// The server ends with the program.
	go v.server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate},
		MinVersion: tls.VersionTLS12}))
	roots := x509.NewCertPool()
	roots.AddCert(services.Root)
	v.source, err = keyvault.New(keyvault.Config{
		VaultURL: "https://" + vaultHost, Credential: v, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Keys: keyvault.KeyConfig{Mode: keyvault.KeysInVault, Known: issuing.Chain},
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, listener.Addr().String())
			},
		},
	})
	return v, err
}

// GetToken returns the access token that the vault accepts.
func (v *vault) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: vaultToken, ExpiresOn: time.Now().Add(24 * time.Hour)}, nil
}

// holdAll moves the keys of all seals but one into the vault.
func (v *vault) holdAll(ctx context.Context, seals []seal) error {
	for i := range seals {
		if seals[i].name == inMemory {
			continue
		}
		if err := v.hold(ctx, &seals[i]); err != nil {
			return fmt.Errorf("hold the key of %s in the vault: %w", seals[i].name, err)
		}
	}
	return nil
}

// hold moves the key of a seal into the vault. From then on the vault makes the signatures.
func (v *vault) hold(ctx context.Context, s *seal) error {
	if _, err := v.store.AddCertificate(s.name,
		keyvaulttest.Certificate{Chain: s.chain, Key: s.key, HSM: true}); err != nil {
		return err
	}
	certificate, err := v.source.Certificate(ctx, s.name, "")
	if err != nil {
		return err
	}
	s.chain, s.signer = certificate.Chain, certificate.Signer(ctx)
	return nil
}

func (v *vault) close() {
	v.source.Close()
	v.server.Close()
}
