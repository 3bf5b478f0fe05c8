// Package cms makes and reads the CMS signatures that PAdES puts into documents: detached
// SignedData with one signer, and the timestamp tokens of RFC 3161.
//
// Making (Request, Sign, Size) follows RFC 5652 and ETSI EN 319 122-1 for baseline level B-B, and
// writes DER only. Reading (Split, Parse, SignedData) is separate code that trusts no input. It
// also reads what other producers make: signatures without a signed reference to the signer's
// certificate, with signing-time, without signed attributes, with attributes out of order, with a
// subject key identifier, in BER, and the older forms of PDF (ParseSHA1, ParsePKCS1).
// TimestampRequest requests timestamp tokens, ParseTimestamp reads them with the same code, and
// WithUnsignedAttribute puts them into signatures.
//
// The package must never touch the network, build certificate chains or decide whether a signer is
// trusted: Verify says what was signed by which key, and no more. If data exceed a bound of the
// package, or use an algorithm that it does not know, that is never a verdict: Error.Integrity.
//
// Read first: signeddata.go, signerinfo.go, verifysigneddata.go.
package cms
