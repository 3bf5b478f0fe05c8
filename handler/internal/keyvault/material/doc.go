// Package material reads what a secret of Azure Key Vault holds: private keys and certificates, in
// PKCS#12 (RFC 7292) or PEM (RFC 7468). It finds the key that may sign, its certificate (RFC 5280)
// and the chain. Errors are phrased to follow "the secret" or "it".
//
// It must never use the network, and its errors must never contain anything of a key.
//
// Read material.go first, then pair.go (which key signs), fit.go (what may sign) and leafchain.go.
package material
