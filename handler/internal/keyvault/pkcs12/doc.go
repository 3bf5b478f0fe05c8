// Package pkcs12 reads PKCS#12 files (RFC 7292) without a password, as key vaults return them. It
// reads DER and BER, any number of parts, private keys and certificates, and the attributes that
// tie a key to its certificate.
//
// It does not judge or parse certificates and keys, and returns their bytes unchanged. It must
// never derive a key before it has counted the iterations against a bound, and never put bytes of a
// file into an error.
//
// Read pfx.go first, then bag.go and decrypt.go.
package pkcs12
