// Package keyvault brings signing certificates from Azure Key Vault: a certificate's name becomes a
// signing.Certificate, read through the secret of the same name (Key Vault REST API, "Get Secret";
// PKCS#12 is RFC 7292, PEM is RFC 7468). It is the only package that names azsecrets, azidentity
// and PKCS#12.
//
// It never parses a secret that backs no certificate, never hands out a certificate that is unfit
// or outside its validity, never logs, writes or returns key material, and never passes on the
// texts of Azure services, which name vault, tenant and identity.
//
// Read first: source.go (name to certificate), cache.go (what is held, and how long), pair.go
// (which key signs).
package keyvault
