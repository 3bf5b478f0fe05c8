package chain

// Bounds of path building. crypto/x509 itself checks at most 100 signatures for one question.
const (
	maxSigners = 100  // different certificates for which chains are built
	maxPaths   = 4    // that are judged until one is valid
	maxDepth   = 8    // certificates below each other
	maxTries   = 1000 // certificates that are tried as an issuer, to find out which issuer is missing
	maxRounds  = 4    // of asking online for missing issuers of one certificate
	maxSought  = 16   // such rounds in all: the author of the document chose the addresses
	maxChecks  = 100  // signatures that crypto/x509 checks for one question
)

// Bounds of the validation data that one verification reads. Verification leaves out data beyond
// them, and the report says so. A document of 50 archived signatures holds some 300 pieces.
const (
	maxPieces     = 1000     // certificates, and OCSP responses
	maxLists      = 100      // CRLs
	maxResponders = 64       // OCSP responders' certificates that are tried for responses without one
	maxBytes      = 48 << 20 // of all

	// Bytes of certificates and of OCSP responses, which contain certificates. crypto/x509 can take
	// forty times as much memory for a certificate.
	maxKeyBytes = 4 << 20
	// Pieces of evidence that are checked for certificates. Each costs at most a few public-key
	// operations, of MaxEffort.
	maxQuestions = 2000
	// Bits of an RSA key: crypto/x509 takes minutes for a longer one, and does not watch the
	// context.
	maxIssuerKey = 8192
	maxPlaces    = 200 // of one piece in the document, one for each signature
)
