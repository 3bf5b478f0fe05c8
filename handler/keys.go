package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/signing"
)

// newSource makes the source of certificates and keys, with the credential in as. It does not touch
// the network.
func newSource(c *config, as keyvault.Config, t *trust, logger *slog.Logger) (*keyvault.Source, error) {
	mode, err := keyvault.ParseKeyMode(c.Keys.KeyMode)
	if err != nil {
		return nil, err
	}
	as.VaultURL, as.TTL, as.Probe, as.Logger, as.Now = c.Keys.VaultURL, c.Keys.CertificateCacheTTL, c.probe(), logger,
		time.Now
	as.Keys = keyvault.KeyConfig{
		Mode: mode, URL: c.Keys.KeyURL, Files: c.Keys.Files, Known: t.known, Issuers: t.own.Issuers,
	}
	return keyvault.New(as)
}

// identity is as whom the handler signs in to Azure.
func (c *config) identity() keyvault.Identity {
	return keyvault.Identity{
		TenantID: c.Azure.TenantID, ClientID: c.Azure.ClientID, ClientSecret: c.Azure.ClientSecret,
		AuthorityHost: c.Azure.AuthorityHost,
	}
}

// watchEvery is how often certificates are looked at that nobody uses: a rotation or the end of one
// is noticed all the same.
const watchEvery = time.Hour

// watch looks at the certificates until ctx ends.
func watch(ctx context.Context, source *keyvault.Source, names []string) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			source.Warm(ctx, names)
		}
	}
}

// checkKeys tries the rules about where keys lie.
func (c *config) checkKeys(found *settingErrors) {
	mode, err := keyvault.ParseKeyMode(c.Keys.KeyMode)
	if err != nil {
		found.add(prefix+"KEY_MODE", "is no mode", "choose auto, vault or memory")
	}
	if c.Keys.KeyURL == "" {
		return
	}
	if keyvault.CheckVaultURL(c.Keys.KeyURL) != nil {
		found.add(prefix+"KEY_URL", "is not the https address of a Managed HSM",
			"write https://name.managedhsm.azure.net: the host name, without port, path or query")
	}
	if mode == keyvault.KeysInMemory {
		found.add(prefix+"KEY_MODE", "rules out "+prefix+"KEY_URL",
			"choose auto or vault: no key leaves a Managed HSM")
	}
}

// maxCertificateFiles bounds the folder of certificate files.
const maxCertificateFiles = 256

// readCertificateFiles reads the chains of a folder, each by the name of its file; no path, none.
func readCertificateFiles(folder string) (map[string][]*x509.Certificate, error) {
	if folder == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.pem"))
	if err != nil || len(paths) == 0 || len(paths) > maxCertificateFiles {
		return nil, fmt.Errorf("holds no PEM files, or over %d", maxCertificateFiles)
	}
	files := map[string][]*x509.Certificate{}
	for _, path := range paths {
		name := strings.ToLower(strings.TrimSuffix(filepath.Base(path), ".pem"))
		if !signing.ValidCertificateName(name) || files[name] != nil {
			return nil, errors.New("holds a file whose name is no certificate's, or two of one name")
		}
		if files[name], err = readCertificates(path); err != nil {
			return nil, fmt.Errorf("holds a file that %w", err)
		}
	}
	return files, nil
}
