// Package keyvaulttest is a small Azure Key Vault or Managed HSM for tests and for the local Azure.
// It offers the secrets, certificates and keys of the REST API (get, list, sign) with the
// authentication challenge, versions, rights on single objects, and faults on demand. All its state
// is in memory.
//
// It must never be linked into the handler.
//
// Read vault.go first, then secret.go, vaultcertificate.go and keys.go.
package keyvaulttest
