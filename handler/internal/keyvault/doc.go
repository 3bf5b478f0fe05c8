// Package keyvault fetches signing certificates from Azure Key Vault: it turns the name of a
// certificate into a signing.Certificate. It reads the private key through the secret of the same
// name (Key Vault REST API, "Get Secret"), whose value package material reads. A key that may not
// be exported stays in the vault or in a Managed HSM, which then makes the signatures (Key Vault
// REST API, "Sign"). Package keyvault is the only one that imports azsecrets, azcertificates and
// azkeys. Package connection, below it, has this program's identity and the way to the vault.
//
// It must never parse a secret that backs no certificate. It must never return a certificate that
// is not fit for signing, has not passed its self-test or is outside its validity, nor a signature
// from the vault that does not verify with the certificate's public key. It must never log, write
// or return key material, nor pass on the texts of Azure services, because they name the vault, the
// tenant and the identity. With KeysInVault it reads no secret at all.
//
// Read source.go first (name to certificate), then version.go (one version of a certificate),
// rotation.go (which version signs), cache.go (what is cached, and for how long) and vaultkey.go
// (keys that stay in the vault).
package keyvault
