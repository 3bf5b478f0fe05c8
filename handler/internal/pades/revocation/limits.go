package revocation

// Bounds of the input, checked before memory is allocated for it. The index of a CRL takes 8 to 16
// bytes an entry, which is less than the entry itself.
const (
	MaxResponse = 128 << 10 // bytes of an OCSP response; real ones have 0.5 to 10 KiB
	MaxList     = 32 << 20  // bytes of a CRL; the largest in public use have about 20 MiB

	// certificates that are tried as the signer of an OCSP response; only a responder that renews
	// its key has two with the same name
	maxCandidates = 4

	maxCertificates = 16       // in an OCSP response
	maxSingles      = 256      // SingleResponses in an OCSP response
	maxExtensions   = 32       // in one place
	maxIssuers      = 256      // different ones in the entries of an indirect CRL
	maxIssuerNames  = 64 << 10 // bytes of their names
	maxPoints       = 64       // names of distribution points, or such points, in one place
	maxVaried       = 8        // names of a CRL's point beyond which they are compared byte for byte
	maxOID          = 64       // bytes; object identifiers end up in reports
	maxName         = 16 << 10
	maxSignature    = 2 << 10
)
