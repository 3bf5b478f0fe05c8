package keyvault

import (
	"context"
	"crypto/x509"
	"fmt"

	"influxion/handler/internal/keyvault/limiter"
)

// KeyMode says where private keys are used.
type KeyMode string

// The key modes. The zero KeyMode counts as KeysAuto.
const (
	KeysAuto     KeyMode = "auto"   // an exportable key signs in memory, any other in the vault
	KeysInVault  KeyMode = "vault"  // every key signs in the vault; no secret is read, so no key is fetched
	KeysInMemory KeyMode = "memory" // every key signs in memory; a certificate without an exportable key is unfit
)

// ParseKeyMode parses a mode from the settings. "" is KeysAuto. It returns an error for any other
// unknown text.
func ParseKeyMode(text string) (KeyMode, error) {
	switch mode := KeyMode(text); mode {
	case "", KeysAuto:
		return KeysAuto, nil
	case KeysInVault, KeysInMemory:
		return mode, nil
	}
	return "", fmt.Errorf("keyvault: unknown key mode %q", text)
}

// KeyConfig configures the keys that stay in a vault or an HSM, and their certificates. The zero
// KeyConfig is complete.
type KeyConfig struct {
	Mode KeyMode
	// URL is a Managed HSM (https://<name>.managedhsm.azure.net) that contains the keys, under
	// the names of the certificates; "" = the keys are in the vault. A URL excludes KeysInMemory.
	URL string
	// Files are certificate chains by certificate name, leaf first. With URL they are the signing
	// certificates, and Names lists them alone. Without URL they are the issuers of certificates in
	// the vault.
	Files map[string][]*x509.Certificate
	// Known are certificates of authorities that complete chains.
	Known []*x509.Certificate
	// Issuers fetches the issuers of a certificate over the network; nil = they are not fetched.
	Issuers func(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error)
	Limits  limiter.Config // of signatures in the vault
}
