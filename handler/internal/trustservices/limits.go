package trustservices

import (
	"time"

	"influxion/handler/internal/pades/revocation"
)

// Sizes of the answers of services. An answer about a single certificate is small;
// revocation.MaxResponse bounds those in documents, which others collected.
const (
	maxOCSPResponse = 64 << 10           // bytes
	maxList         = revocation.MaxList // bytes of a CRL, which goes into documents whole
	maxIssuers      = 256 << 10          // bytes of a caIssuers answer
)

// How long answers serve.
const (
	renewAfter  = time.Hour        // even where an answer is valid for longer
	retryAfter  = time.Minute      // after a cached answer could not be renewed
	unboundLife = 5 * time.Minute  // of an answer without nextUpdate
	unboundAge  = 24 * time.Hour   // the greatest age of such an answer
	issuersLife = 24 * time.Hour   // of CA certificates
	refusalLife = 30 * time.Second // how long a failure is remembered
)
