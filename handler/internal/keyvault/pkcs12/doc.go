// Package pkcs12 reads PKCS#12 files (RFC 7292) that have no password, as key vaults hand them out:
// in DER and in BER, with any number of parts, private keys and certificates, and with the
// attributes that say which of them belong together.
//
// It reads what is there and judges nothing: certificates and keys stay the bytes that they are. It
// must never derive a key before the iterations for it are counted against a bound, and never put
// bytes of a file into an error. Read file.go first.
package pkcs12
