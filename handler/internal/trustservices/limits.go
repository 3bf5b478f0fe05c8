package trustservices

import (
	"time"

	"influxion/handler/internal/pades/revocation"
)

// Sizes of what services answer. One that was asked for a single certificate has no reason for
// more; revocation.MaxResponse bounds those that documents carry, which others gathered.
const (
	maxOCSPResponse = 64 << 10           // bytes
	maxList         = revocation.MaxList // bytes of a CRL, which goes into documents whole
	maxIssuers      = 256 << 10          // bytes of a caIssuers answer
)

// How long answers serve.
const (
	renewAfter  = time.Hour        // however long an answer says that it holds
	retryAfter  = time.Minute      // when an answer that is held could not be renewed
	unboundLife = 5 * time.Minute  // of an answer without nextUpdate
	unboundAge  = 24 * time.Hour   // how old such an answer may be
	issuersLife = 24 * time.Hour   // of CA certificates
	refusalLife = 30 * time.Second // how long a failure is remembered
)
