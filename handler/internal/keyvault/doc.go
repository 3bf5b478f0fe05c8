// Package keyvault brings signing certificates from Azure Key Vault: a certificate's name becomes a
// signing.Certificate. Its key is read through the secret of the same name (Key Vault REST API,
// "Get Secret"; PKCS#12 is RFC 7292, PEM is RFC 7468), or stays in the vault or in a Managed HSM,
// which then signs ("Sign"). It is the only package that names azsecrets, azcertificates, azkeys,
// azidentity and PKCS#12.
//
// It never parses a secret that backs no certificate, never hands out a certificate that is unfit,
// that has not passed its self-test, or that is outside its validity; it never gives out a
// signature of the vault that does not verify with the certificate's key, never logs, writes or
// returns key material, and never passes on the texts of Azure services, which name vault, tenant
// and identity. In the mode KeysInVault it reads no secret at all.
//
// Read first: source.go (name to certificate), version.go (one version of it), rotation.go (which
// version signs), cache.go (what is held, and how long), pair.go (which key signs), vaultkey.go
// (keys that stay where they are).
package keyvault
