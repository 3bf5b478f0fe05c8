// Package keyvaulttest is a small Azure Key Vault for tests and for the local Azure: the secrets part of
// the REST API (get secret, list secrets) with the authentication challenge, versions, and faults on
// demand. Secrets live in memory. It must never be linked into the handler. Read vault.go first, then
// secret.go.
package keyvaulttest
