package keyvault

import (
	"context"
	"crypto/x509"
	"fmt"

	"influxion/handler/internal/keyvault/limiter"
)

// KeyMode says where private keys are used.
type KeyMode string

// The modes. The zero KeyMode is KeysAuto.
const (
	KeysAuto     KeyMode = "auto"   // a key that may be exported, in memory; any other, in the vault
	KeysInVault  KeyMode = "vault"  // in the vault, always: no secret is ever read, so no key is ever fetched
	KeysInMemory KeyMode = "memory" // in memory, always: a certificate whose key may not be exported is not fit
)

// ParseKeyMode reads a mode as settings have it.
func ParseKeyMode(text string) (KeyMode, error) {
	switch mode := KeyMode(text); mode {
	case "", KeysAuto:
		return KeysAuto, nil
	case KeysInVault, KeysInMemory:
		return mode, nil
	}
	return "", fmt.Errorf("keyvault: unknown key mode %q", text)
}

// KeyConfig is what there is to know of keys that stay where they are, and of their certificates.
// The zero KeyConfig is complete.
type KeyConfig struct {
	Mode KeyMode
	// URL is a Managed HSM (https://<name>.managedhsm.azure.net) that holds the keys, by the names
	// of the certificates; "" = they lie in the vault. It rules out KeysInMemory.
	URL string
	// Files are certificates by name, leaf first: with URL those that sign, else the issuers of
	// those in the vault.
	Files map[string][]*x509.Certificate
	// Known are certificates of authorities that chains are completed with.
	Known []*x509.Certificate
	// Issuers finds the issuers of a certificate over the network; nil = it is not tried.
	Issuers func(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error)
	Limits  limiter.Config // of signatures in the vault
}
